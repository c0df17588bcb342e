package loop_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
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

// inline is an executor that never gets anything to do.
type inline struct{}

func (inline) Execute(context.Context, *executor.Job) error { return executor.ErrShutdown }

func (inline) Shutdown(context.Context) error { return nil }

func TestSetDefaultExecutor(t *testing.T) {
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1, Name: "mine"})
	require.NoError(t, err)
	run(t, func(ctx context.Context) {
		l := here(t, ctx)
		require.Error(t, l.SetDefaultExecutor(nil))
		work := func(context.Context) (int, error) { return 1, nil }
		_, err := loop.ToThread(ctx, work).Await(ctx) // makes the loop's own
		require.NoError(t, err)
		require.NoError(t, l.SetDefaultExecutor(pool))
		_, err = loop.ToThread(ctx, work).Await(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 1, pool.Stats().Completed)
		require.NoError(t, l.ShutdownDefaultExecutor(ctx))
		require.ErrorIs(t, l.SetDefaultExecutor(pool), loop.ErrNoDefaultExecutor)
		require.ErrorIs(t, loop.ToThread(ctx, work).Err(), loop.ErrNoDefaultExecutor)
	})
	_, err = executor.Submit(t.Context(), pool, executor.Func(func(context.Context) (int, error) { return 0, nil }))
	require.ErrorIs(t, err, executor.ErrShutdown, "the loop shut it down")
}

func TestShutdownDefaultExecutorGivesUpInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text logged
		_, err := loop.RunWith(t.Context(), loop.Config{Logger: text.logger()}, func(ctx context.Context) (none, error) {
			l := here(t, ctx)
			slow := loop.ToThread(ctx, func(context.Context) (int, error) { time.Sleep(time.Hour); return 1, nil })
			limit, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			start := time.Now()
			require.NoError(t, l.ShutdownDefaultExecutor(limit), "a warning, not an error")
			require.Equal(t, time.Minute, time.Since(start))
			v, err := slow.Await(ctx)
			require.Equal(t, 1, v, "what was accepted is finished")
			return none{}, err
		})
		require.NoError(t, err)
		require.Contains(t, text.String(), "did not finish in time")
	})
}

func TestToThreadRuns4096CallsAtTheSameTime(t *testing.T) {
	var running atomic.Int32
	gate := make(chan struct{})
	all := make(chan struct{})
	run(t, func(ctx context.Context) {
		fs := make([]*future.Future[none], 4097)
		for i := range fs {
			fs[i] = loop.ToThread(ctx, func(context.Context) (none, error) {
				if running.Add(1) == 4096 {
					close(all)
				}
				<-gate
				return none{}, nil
			})
		}
		<-all
		require.NoError(t, loop.Sleep(ctx, 10*time.Millisecond))
		require.Equal(t, int32(4096), running.Load(), "as the comment of ToThread says")
		close(gate)
		_, err := future.Gather(fs...).Await(ctx)
		require.NoError(t, err)
	})
}

func TestABurstOnTheDefaultExecutorLeavesNoWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, loop.RunMain(t.Context(), func(ctx context.Context) error {
			const n = 100
			var all sync.WaitGroup
			all.Add(n)
			fs := make([]*future.Future[int], n)
			for i := range fs {
				fs[i] = loop.ToThread(ctx, func(context.Context) (int, error) {
					all.Done()
					all.Wait()
					return i, nil
				})
			}
			if _, err := future.Gather(fs...).Await(ctx); err != nil {
				return err
			}
			busy := defaultWorkers()
			if err := loop.Sleep(ctx, 12*time.Second); err != nil {
				return err
			}
			return errors.Join(expect(busy == n, "there was one for each"), expect(defaultWorkers() == 0, "they have left"))
		}))
	})
}

// defaultWorkers returns how many workers the default executors of all loops have.
func defaultWorkers() (n int) {
	for _, p := range sight.Pools() {
		if p.Name == "asyncgo" {
			n += len(p.Workers)
		}
	}
	return n
}
