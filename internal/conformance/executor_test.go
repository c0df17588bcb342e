package conformance_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

type none = executor.None

var bg = context.Background()

// must returns v and fails the case if there is an error.
func must[T any](o *out) func(T, error) T {
	return func(v T, err error) T {
		o.Helper()
		require.NoError(o, err)
		return v
	}
}

func threads(o *out, workers int) *executor.ThreadPool {
	return must[*executor.ThreadPool](o)(executor.NewThreadPool(executor.ThreadConfig{Workers: workers}))
}

func processes(o *out, cfg executor.ProcessConfig) *executor.ProcessPool {
	return must[*executor.ProcessPool](o)(executor.NewProcessPool(cfg))
}

// submit is the case's pool.submit.
func submit[T any](o *out, ex executor.Executor, call executor.Call[T]) *future.Future[T] {
	return must[*future.Future[T]](o)(executor.Submit(bg, ex, call))
}

// onLoop is the case's asyncio.run.
func onLoop(o *out, main func(ctx context.Context)) {
	_, err := loop.Run(bg, func(ctx context.Context) (none, error) {
		main(ctx)
		return none{}, nil
	})
	require.NoError(o, err)
}

// collect is list(pool.map(…)).
func collect[A, R any](ex executor.Executor, bind func(A) executor.Call[R], in []A, opts executor.MapOptions) (all []R, err error) {
	for v, err := range executor.Map(bg, ex, bind, slices.Values(in), opts) {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

// words prints the elements of a slice as Python's print(*xs) does.
func words[T any](xs []T) string {
	s := make([]string, len(xs))
	for i, x := range xs {
		s[i] = fmt.Sprint(x)
	}
	return strings.Join(s, " ")
}

func someOr(err error, none string) string {
	if err == nil {
		return none
	}
	return "some"
}

var getpid = executor.RegisterNoArg("conformance.getpid", func(context.Context) (int, error) { return os.Getpid(), nil })
