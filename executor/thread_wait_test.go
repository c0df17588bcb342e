package executor_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// fib waits for its own pool at every level: ants, pond and CPython hang here.
func fib(p executor.Executor, n int) executor.Call[int] {
	return executor.Func(func(ctx context.Context) (int, error) {
		if n < 2 {
			return n, nil
		}
		a, err := executor.Submit(ctx, p, fib(p, n-1))
		if err != nil {
			return 0, err
		}
		b, err := executor.Submit(ctx, p, fib(p, n-2))
		if err != nil {
			return 0, err
		}
		x, err := a.Await(ctx)
		if err != nil {
			return 0, err
		}
		y, err := b.Await(ctx)
		return x + y, err
	})
}

func TestJobsMayWaitForTheirOwnPool(t *testing.T) {
	for _, cfg := range []executor.ThreadConfig{{Workers: 1}, {Workers: 2}, {Workers: 4}, {Workers: 1, MaxPending: 1}, {Workers: 3, MaxPending: 2}} {
		p := newPool(t, cfg)
		require.Equal(t, 144, resultOf(t, give(t, p, fib(p, 12))))
		s := p.Stats()
		require.Zero(t, s.Waiting)
		require.NoError(t, p.Shutdown(t.Context()))
	}
}

func TestExtraWorkersLeaveWhenNobodyWaitsAnyMore(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	resultOf(t, give(t, p, fib(p, 10)))
	// Two jobs that run at the same time are the last that the extra workers
	// could have taken.
	call, entered, release := blocker()
	a, b := give(t, p, call), give(t, p, call)
	<-entered
	<-entered
	release()
	resultOf(t, a)
	resultOf(t, b)
	require.Eventually(t, func() bool { return p.Stats().Workers <= 2 }, patience, tick)
}

func TestJobsMayWaitForSeveralFuturesOfTheirOwnPool(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})
	sum := executor.Func(func(ctx context.Context) (int, error) {
		var fs []*future.Future[int]
		for range 5 {
			f, err := executor.Submit(ctx, p, executor.Func(one))
			if err != nil {
				return 0, err
			}
			fs = append(fs, f)
		}
		vs, err := future.Gather(fs...).Await(ctx)
		return len(vs), err
	})
	require.Equal(t, 5, resultOf(t, give(t, p, sum)))
	mapped := executor.Func(func(ctx context.Context) (n int, err error) {
		for v, err := range executor.Map(ctx, p, twofold.Bind, func(yield func(int) bool) {
			for i := range 10 {
				if !yield(i) {
					return
				}
			}
		}, executor.MapOptions{Unordered: true}) {
			if err != nil {
				return 0, err
			}
			n += v
		}
		return n, nil
	})
	require.Equal(t, 90, resultOf(t, give(t, p, mapped)))
}

func TestTwoPoolsMayWaitForEachOther(t *testing.T) {
	a, b := newPool(t, executor.ThreadConfig{Workers: 1}), newPool(t, executor.ThreadConfig{Workers: 1})
	var bounce func(n int) executor.Call[int]
	bounce = func(n int) executor.Call[int] {
		return executor.Func(func(ctx context.Context) (int, error) {
			if n == 0 {
				return 0, nil
			}
			next := a
			if n%2 == 0 {
				next = b
			}
			f, err := executor.Submit(ctx, next, bounce(n-1))
			if err != nil {
				return 0, err
			}
			v, err := f.Await(ctx)
			return v + 1, err
		})
	}
	require.Equal(t, 20, resultOf(t, give(t, a, bounce(20))))
}
