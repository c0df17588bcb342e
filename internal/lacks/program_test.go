//go:build linux && asyncgo_lacks

package lacks

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// What a process of this program is to do besides the tests.
const (
	takeVariable = "ASYNCGO_LACKS_TAKE" // take away what is named, then try
	tryVariable  = "ASYNCGO_LACKS_TRY"
)

func TestMain(m *testing.M) {
	executor.Main()
	if what, ok := os.LookupEnv(takeVariable); ok {
		err := takeAway(what)
		fmt.Fprintln(os.Stderr, "nothing was tried:", err)
		os.Exit(1)
	}
	if os.Getenv(tryVariable) != "" {
		try(context.Background())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var add = executor.Register("lacks.add", func(_ context.Context, v *shared.Value[int64]) (int64, error) {
	defer v.Close()
	return v.Update(func(n int64) int64 { return n + 1 })
})

// try prints how pools and shared memory do.
func try(ctx context.Context) {
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1})
	fmt.Println("pool:", err)
	v, valueErr := shared.NewValue(int64(41))
	fmt.Println("value:", valueErr)
	if err == nil {
		if valueErr == nil {
			fmt.Println(call(ctx, pool, v))
		}
		if err := pool.Shutdown(ctx); err != nil {
			fmt.Println("shutdown:", err)
		}
	}
	limited, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1, MaxRSS: 1 << 30})
	fmt.Println("limit:", err)
	if err == nil {
		_ = limited.Shutdown(ctx)
	}
	m, err := shared.CreateMemory("", 1)
	fmt.Println("memory:", err)
	if err == nil {
		other, err := shared.OpenMemory(m.Name())
		fmt.Println("opened:", err)
		if err == nil {
			_ = other.Close()
		}
		fmt.Println("unlinked:", m.Unlink())
	}
}

func call(ctx context.Context, pool *executor.ProcessPool, v *shared.Value[int64]) string {
	f, err := executor.Submit(ctx, pool, add.Bind(v))
	if err != nil {
		return fmt.Sprint("submit: ", err)
	}
	n, err := f.Await(ctx)
	return fmt.Sprint("call: ", n, " ", err)
}
