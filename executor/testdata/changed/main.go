// Command changed starts a pool for a call each time it reads a line. What stands at its
// path may change meanwhile.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var lengthOf = executor.Register("lengthOf", func(_ context.Context, name string) (int, error) {
	return len(os.Getenv(name)), nil
})

func main() {
	executor.Main()
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(call(context.Background(), lines.Text()))
	}
}

func call(ctx context.Context, name string) (int, error) {
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1})
	if err != nil {
		return 0, err
	}
	defer func() { _ = pool.Shutdown(ctx) }()
	f, err := executor.Submit(ctx, pool, lengthOf.Bind(name))
	if err != nil {
		return 0, err
	}
	return f.Await(ctx)
}
