package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

type custom struct {
	text  string
	scale int
}

func (c *custom) Error() string { return fmt.Sprint(c.text, " ", 5*c.scale) }

var _ = port("executor/01-thread-results-and-errors", func(o *out) {
	var raised []error
	work := func(mode string, scale int) executor.Call[string] {
		return executor.Func(func(context.Context) (string, error) {
			switch mode {
			case "fail":
				err := &custom{"worker failed", scale}
				raised = append(raised, err)
				return "", err
			case "none":
				return "none", nil
			default:
				return fmt.Sprintf("%s*%d", mode, scale), nil
			}
		})
	}
	same := func(err error) string { return yes(err == raised[len(raised)-1]) }
	pool := threads(o, 2)
	ok, bad := submit(o, pool, work("value", 2)), submit(o, pool, work("fail", 1))
	v, err := ok.Await(bg)
	o.Print("result:", v, "/ exception:", someOr(err, "none"))
	_, err = bad.Await(bg)
	o.Print("failed: exception", err)
	for range 2 {
		_, err := bad.Result()
		o.Print("raised:", err, "/ same object:", same(err))
	}
	onLoop(o, func(ctx context.Context) {
		v, err := loop.RunInExecutor(ctx, pool, work("value", 3)).Await(ctx)
		require.NoError(o, err)
		o.Print("loop result:", v)
		_, err = loop.RunInExecutor(ctx, pool, work("fail", 4)).Await(ctx)
		o.Print("loop error:", err, "/ same object:", same(err))
		var jobs []*future.Future[string]
		for _, mode := range []string{"a", "fail", "none"} {
			jobs = append(jobs, loop.RunInExecutor(ctx, pool, work(mode, 1)))
		}
		outcomes, err := future.GatherOutcomes(jobs...).Await(ctx)
		require.NoError(o, err)
		line := []any{"gathered:"}
		for _, outcome := range outcomes {
			if c := (*custom)(nil); errors.As(outcome.Err, &c) {
				line = append(line, c.text)
			} else {
				line = append(line, outcome.Value)
			}
		}
		o.Print(line...)
	})
	o.Print("pool still fine:", must[string](o)(submit(o, pool, work("last", 1)).Await(bg)))
	require.NoError(o, pool.Shutdown(bg))
	if _, err := executor.NewThreadPool(executor.ThreadConfig{Workers: -1}); errors.As(err, new(*executor.ConfigError)) {
		o.Print("no workers: value-error")
	}
})

// The kinds of errors of the case stand for Python's ValueError and RuntimeError.
type (
	valueError   struct{ Text string }
	runtimeError struct{ Text string }
	orderError   struct {
		Code int
		Text string
	}
)

func (e *valueError) Error() string   { return e.Text }
func (e *runtimeError) Error() string { return e.Text }
func (e *orderError) Error() string   { return fmt.Sprint(e.Code, " ", e.Text) }

func init() {
	executor.RegisterErrorType[*valueError]("conformance.ValueError")
	executor.RegisterErrorType[*runtimeError]("conformance.RuntimeError")
	executor.RegisterErrorType[*orderError]("conformance.OrderError")
}

var failing = executor.Register("conformance.failing", func(_ context.Context, mode string) (valueError, error) {
	switch mode {
	case "value":
		return valueError{}, &valueError{"bad value: 7 | äöü"}
	case "empty":
		return valueError{}, &runtimeError{""}
	case "custom":
		return valueError{}, &orderError{42, "custom text"}
	default:
		return valueError{"just returned"}, nil
	}
})

func describe(err error) string {
	var (
		order *orderError
		value *valueError
		other *runtimeError
	)
	switch {
	case err == nil:
		return "none"
	case errors.As(err, &order):
		return fmt.Sprintf("order-error code %d text %s", order.Code, order.Text)
	case errors.As(err, &value):
		return "value-error " + value.Text
	case errors.As(err, &other):
		return fmt.Sprint("runtime-error with message length ", len(other.Text))
	default:
		return err.Error()
	}
}

var _ = port("executor/02-process-errors", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 1})
	pid := must[int](o)(submit(o, pool, getpid.Bind()).Await(bg))
	o.Print("other process:", yes(pid != os.Getpid()))
	futures := map[string]*future.Future[valueError]{}
	for _, mode := range []string{"value", "empty", "custom", "as-result"} {
		futures[mode] = submit(o, pool, failing.Bind(mode))
	}
	for _, mode := range []string{"value", "empty", "custom", "as-result"} {
		_, err := futures[mode].Await(bg)
		o.Print(mode+":", describe(err))
	}
	returned := must[valueError](o)(futures["as-result"].Await(bg))
	o.Print("as-result value:", describe(&returned))
	onLoop(o, func(ctx context.Context) {
		_, err := loop.RunInExecutor(ctx, pool, failing.Bind("custom")).Await(ctx)
		o.Print("loop:", describe(err))
	})
	o.Print("same worker afterwards:", yes(must[int](o)(submit(o, pool, getpid.Bind()).Await(bg)) == pid))
	require.NoError(o, pool.Shutdown(bg))
})
