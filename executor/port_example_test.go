package executor_test

import (
	"context"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// region settings

// settings is what workers need of what main knows: flags, variables of its environment.
type settings struct {
	Unit   string
	Digits int
}

var configure = executor.RegisterNoResult("port.configure", func(ctx context.Context, s settings) error {
	executor.SetWorkerState(ctx, s)
	return nil
})

var format = executor.Register("port.format", func(ctx context.Context, x float64) (string, error) {
	s, _ := executor.WorkerState[settings](ctx)
	return fmt.Sprintf("%.*f %s", s.Digits, x, s.Unit), nil
})

// endregion settings

func ExampleSetWorkerState() {
	ctx := context.Background()
	s := settings{Unit: "km", Digits: 1} // main parsed its flags
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1, Initializer: configure.Bind(s)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Shutdown(ctx) //nolint:errcheck // ctx never ends
	fmt.Println(executor.Run(ctx, pool, format.Bind(42.195)))
	// Output: 42.2 km <nil>
}

// region context-value

type tenantID struct{} // the key

var _ = executor.RegisterContextValue("port.tenant",
	func(ctx context.Context) (string, bool) { v, ok := ctx.Value(tenantID{}).(string); return v, ok },
	func(ctx context.Context, v string) context.Context { return context.WithValue(ctx, tenantID{}, v) })

// endregion context-value

var invoice = executor.RegisterNoArg("port.invoice", func(ctx context.Context) (string, error) {
	return fmt.Sprintf("an invoice of %v", ctx.Value(tenantID{})), nil
})

func ExampleRegisterContextValue() {
	ctx := context.WithValue(context.Background(), tenantID{}, "acme")
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Shutdown(ctx) //nolint:errcheck // ctx never ends
	fmt.Println(executor.Run(ctx, pool, invoice.Bind()))
	// Output: an invoice of acme <nil>
}
