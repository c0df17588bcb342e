package loop_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestToThread(t *testing.T) {
	t.Run("runs the function once, on another goroutine", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			var calls atomic.Int32
			id, err := loop.ToThread(ctx, func(context.Context) (int64, error) {
				calls.Add(1)
				return whose.ID(), nil
			}).Await(ctx)
			require.NoError(t, err)
			require.NotEqual(t, whose.ID(), id)
			require.EqualValues(t, 1, calls.Load())
		})
	})
	t.Run("passes an error on", func(t *testing.T) {
		boom := errors.New("boom")
		run(t, func(ctx context.Context) {
			_, err := loop.ToThread(ctx, func(context.Context) (int, error) { return 0, boom }).Await(ctx)
			require.ErrorIs(t, err, boom)
		})
	})
	t.Run("runs many at once", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			var calls atomic.Int32
			all := make([]*future.Future[int], 10)
			for i := range all {
				all[i] = loop.ToThread(ctx, func(context.Context) (int, error) { return int(calls.Add(1)), nil })
			}
			_, err := future.Gather(all...).Await(ctx)
			require.NoError(t, err)
			require.EqualValues(t, 10, calls.Load())
		})
	})
	t.Run("the function has what it closes over", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			args := []any{1, "two", 3.0}
			v, err := loop.ToThread(ctx, func(context.Context) (string, error) { return fmt.Sprint(args...), nil }).Await(ctx)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(args...), v)
		})
	})
	t.Run("the function sees the values of the context", func(t *testing.T) {
		type key struct{}
		run(t, func(ctx context.Context) {
			v, err := loop.ToThread(context.WithValue(ctx, key{}, "parrot"), func(ctx context.Context) (any, error) {
				return ctx.Value(key{}), nil
			}).Await(ctx)
			require.NoError(t, err)
			require.Equal(t, "parrot", v)
		})
	})
}

// Python's decimal context is a context variable that each task has for itself; in
// Go it is a value of the task's context.
func TestEachTaskHasTheContextValuesItWasMadeWith(t *testing.T) {
	type precision struct{}
	run(t, func(ctx context.Context) {
		third := func(ctx context.Context) (string, error) {
			if err := loop.Sleep(ctx, 0); err != nil {
				return "", err
			}
			digits, _ := ctx.Value(precision{}).(int)
			return fmt.Sprintf("%.*f", digits, 1.0/3), nil
		}
		var all []*loop.Task[string]
		for digits := 2; digits <= 6; digits += 4 {
			all = append(all, loop.CreateTask(context.WithValue(ctx, precision{}, digits), third))
		}
		got, err := future.Gather(all...).Await(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"0.33", "0.333333"}, got)
	})
}

func TestRunInExecutor(t *testing.T) {
	call := func(arg string) executor.Call[string] {
		return executor.Func(func(context.Context) (string, error) { return arg + " ran", nil })
	}
	t.Run("returns the result to the loop", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			v, err := loop.RunInExecutor(ctx, nil, call("yo")).Await(ctx)
			require.NoError(t, err)
			require.Equal(t, "yo ran", v)
		})
	})
	t.Run("canceled, it calls nobody back when the loop is closed", func(t *testing.T) {
		l := loop.New(loop.Config{ExceptionHandler: func(_ *loop.Loop, ec loop.ExceptionContext) { t.Errorf("%+v", ec) }})
		pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
		require.NoError(t, err)
		gate := make(chan struct{})
		f := loop.RunInExecutor(l.Context(), pool, executor.Func(func(context.Context) (int, error) { <-gate; return 1, nil }))
		f.Cancel()
		require.True(t, f.Canceled())
		require.NoError(t, l.Close())
		close(gate)
		require.NoError(t, pool.Shutdown(t.Context()))
		require.True(t, f.Canceled(), "the late result is dropped")
	})
	t.Run("a pool that is shut down is an error at once", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			require.ErrorIs(t, loop.RunInExecutor(ctx, inline{}, call("x")).Err(), executor.ErrShutdown)
		})
	})
	t.Run("a worker's goroutine belongs to no loop", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			_, err := loop.ToThread(ctx, func(context.Context) (none, error) {
				_, err := loop.FromContext(t.Context())
				return none{}, err
			}).Await(ctx)
			require.ErrorIs(t, err, loop.ErrNoLoop)
		})
	})
}

func TestTheRunningLoop(t *testing.T) {
	l := newLoop(t)
	_, err := loop.FromContext(t.Context())
	require.ErrorIs(t, err, loop.ErrNoLoop, "outside")
	soon(t, l, func() {
		got, err := loop.FromContext(context.Background())
		require.NoError(t, err)
		require.Same(t, l, got, "in a callback")
	})
	require.NoError(t, l.RunUntilComplete(loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
		require.Same(t, l, here(t, ctx))
		got, err := loop.FromContext(context.Background())
		require.Same(t, l, got, "in a task, whatever the context")
		return none{}, err
	})))
	_, err = loop.FromContext(t.Context())
	require.ErrorIs(t, err, loop.ErrNoLoop, "afterwards")
}

func TestStopBeforeTheRunMeansOneIteration(t *testing.T) {
	l := newLoop(t)
	var order []string
	soon(t, l, func() {
		order = append(order, "ready")
		soon(t, l, func() { order = append(order, "next") })
	})
	l.Stop()
	require.NoError(t, l.RunForever())
	require.Equal(t, []string{"ready"}, order)
	l.Stop()
	require.NoError(t, l.RunForever())
	require.Equal(t, []string{"ready", "next"}, order)
	l.Stop()
	require.NoError(t, l.RunForever(), "with nothing to do it does not wait")
}

func TestNegativeDelaysRunInTheOrderOfTheirDeadlines(t *testing.T) {
	l := newLoop(t)
	var order []int
	for _, d := range []int{-1, -2, 0, -3} {
		_, err := l.CallLater(time.Duration(d)*time.Second, func() { order = append(order, d) })
		require.NoError(t, err)
	}
	soon(t, l, l.Stop)
	require.NoError(t, l.RunForever())
	require.Equal(t, []int{-3, -2, -1, 0}, order)
}

func TestCallLaterAndCallAtKeepTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t)
		start := l.Time()
		at := map[string]time.Duration{}
		note := func(name string) func() { return func() { at[name] = l.Time().Sub(start) } }
		later, err := l.CallLater(100*time.Millisecond, note("later"))
		require.NoError(t, err)
		require.True(t, later.When().Equal(start.Add(100*time.Millisecond)))
		when := start.Add(250*time.Millisecond + 1)
		atHandle, err := l.CallAt(when, func() { note("at")(); l.Stop() })
		require.NoError(t, err)
		require.True(t, atHandle.When().Equal(when))
		require.NoError(t, l.RunForever())
		require.Equal(t, map[string]time.Duration{"later": 100 * time.Millisecond, "at": 250*time.Millisecond + 1}, at, "not a nanosecond early")
	})
}

func TestAFailureOfRunLeavesNoDoneCallbackBehind(t *testing.T) {
	l := newLoop(t)
	f := pending(l)
	soon(t, l, l.Stop)
	require.ErrorIs(t, l.RunUntilComplete(f), loop.ErrStopped)
	f.Cancel() // would stop the next run if the callback were still there
	ran := false
	soon(t, l, func() { soon(t, l, func() { ran = true; l.Stop() }) })
	require.NoError(t, l.RunForever())
	require.True(t, ran)
}

func TestTheExceptionHandlerHearsOfTasksNobodyAwaited(t *testing.T) {
	boom := errors.New("boom")
	var text logged
	l := loop.New(loop.Config{Logger: text.logger()})
	loop.CreateTask(l.Context(), func(context.Context) (int, error) { return 0, boom }, loop.WithName("lonely"))
	soon(t, l, func() { soon(t, l, l.Stop) })
	require.NoError(t, l.RunForever())
	require.NoError(t, l.Close())
	require.Contains(t, text.String(), "error=boom")
}
