package loop_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestTheContextOfAScope(t *testing.T) {
	type key struct{}
	sub(t, "ends with the scope, the task's does not", func(t *testing.T, ctx context.Context) {
		var inner context.Context
		limit := loop.NewTimeout(tick)
		requireTimeout(t, limit.Do(ctx, func(ctx context.Context) error {
			inner = ctx
			require.NoError(t, ctx.Err())
			err := loop.Sleep(ctx, 10*tick)
			require.ErrorIs(t, ctx.Err(), context.Canceled)
			require.ErrorIs(t, context.Cause(ctx), loop.ErrTimeout)
			require.ErrorIs(t, loop.Sleep(ctx, tick), context.Canceled, "each time")
			require.NoError(t, loop.Sleep(loop.Resume(ctx), tick))
			return err
		}))
		<-inner.Done()
		require.NoError(t, ctx.Err())
	})
	sub(t, "ends when the body has returned", func(t *testing.T, ctx context.Context) {
		var inner context.Context
		require.NoError(t, loop.Timeout(ctx, tick, func(ctx context.Context) error {
			inner = ctx
			return nil
		}))
		require.ErrorIs(t, inner.Err(), context.Canceled)
		require.NoError(t, group(ctx, func(ctx context.Context, _ *loop.TaskGroup) error {
			inner = ctx
			return nil
		}))
		<-inner.Done()
	})
	sub(t, "ends with the task's", func(t *testing.T, ctx context.Context) {
		task := spawn(ctx, func(ctx context.Context) error {
			return loop.Timeout(ctx, 100*tick, func(ctx context.Context) error {
				done := ctx.Done()
				err := loop.Sleep(ctx, 10*tick)
				<-done
				require.ErrorIs(t, context.Cause(ctx), errBoom)
				return err
			})
		})
		require.NoError(t, loop.Sleep(ctx, tick))
		task.CancelCause(errBoom)
		requireCanceled(t, outcome(ctx, task))
	})
	sub(t, "has the values around it, and the earliest deadline", func(t *testing.T, ctx context.Context) {
		ctx = context.WithValue(ctx, key{}, 1)
		limit := loop.NewTimeout(2 * tick)
		require.NoError(t, limit.Do(ctx, func(ctx context.Context) error {
			require.Equal(t, 1, ctx.Value(key{}))
			when, ok := ctx.Deadline()
			require.True(t, ok)
			require.Equal(t, limit.When(), when)
			require.NoError(t, limit.Reschedule(never))
			_, ok = ctx.Deadline()
			require.False(t, ok)
			sooner, cancel := context.WithTimeout(ctx, tick)
			defer cancel()
			return loop.Timeout(sooner, 10*tick, func(ctx context.Context) error {
				when, ok := ctx.Deadline()
				require.True(t, ok)
				require.Equal(t, time.Now().Add(tick), when)
				return nil
			})
		}))
	})
	sub(t, "carries contexts of the standard library without a goroutine", func(t *testing.T, ctx context.Context) {
		require.NoError(t, loop.Timeout(ctx, 100*tick, func(ctx context.Context) error {
			before := runtime.NumGoroutine()
			derived, cancel := context.WithCancel(context.WithValue(ctx, key{}, 1))
			defer cancel()
			require.Equal(t, before, runtime.NumGoroutine())
			require.NoError(t, derived.Err())
			return nil
		}))
	})
	sub(t, "with a value on top is still the scope's", func(t *testing.T, ctx context.Context) {
		requireTimeout(t, loop.Timeout(ctx, tick, func(ctx context.Context) error {
			ctx = context.WithValue(ctx, key{}, 1)
			err := loop.Sleep(ctx, 10*tick)
			require.ErrorIs(t, loop.Sleep(ctx, tick), context.Canceled, "each time")
			ctx = loop.Resume(ctx)
			require.Equal(t, 1, ctx.Value(key{}))
			require.NoError(t, loop.Sleep(ctx, tick))
			return err
		}))
	})
	sub(t, "on one that the user derived: waits tell of the end that came first", func(t *testing.T, ctx context.Context) {
		derived, cancel := context.WithTimeout(ctx, 3*tick)
		defer cancel()
		start := time.Now()
		err := loop.Timeout(derived, tick, func(ctx context.Context) error {
			err := loop.Sleep(ctx, 10*tick)
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, tick, time.Since(start))
			require.ErrorIs(t, loop.Sleep(derived, 10*tick), context.DeadlineExceeded)
			require.Equal(t, 3*tick, time.Since(start))
			require.ErrorIs(t, loop.Sleep(ctx, 10*tick), context.Canceled)
			return err
		})
		requireTimeout(t, err)
	})
	sub(t, "does not end tasks made with it", func(t *testing.T, ctx context.Context) {
		var task *loop.Task[int]
		requireTimeout(t, loop.Timeout(ctx, tick, func(ctx context.Context) error {
			task = loop.CreateTask(ctx, sleeper(2*tick, 7))
			return loop.Sleep(ctx, 10*tick)
		}))
		v, err := task.Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 7, v)
	})
	sub(t, "in another task is a level", func(t *testing.T, ctx context.Context) {
		requireTimeout(t, loop.Timeout(ctx, tick, func(scope context.Context) error {
			task := spawn(ctx, func(context.Context) error {
				for range 2 {
					require.ErrorIs(t, loop.Sleep(scope, 10*tick), loop.ErrTimeout)
				}
				return nil
			})
			err := loop.Sleep(scope, 10*tick)
			require.NoError(t, outcome(ctx, task))
			return err
		}))
	})
	sub(t, "costs the task's context nothing when it is left", func(t *testing.T, ctx context.Context) {
		var m1, m2 runtime.MemStats
		enter := func() {
			for range 1000 {
				require.NoError(t, loop.Timeout(ctx, time.Hour, func(ctx context.Context) error {
					_ = ctx.Done() // what a library would ask for
					return loop.Sleep(ctx, 0)
				}))
			}
			runtime.GC()
		}
		enter()
		runtime.ReadMemStats(&m1)
		enter()
		runtime.ReadMemStats(&m2)
		require.Less(t, int64(m2.HeapAlloc)-int64(m1.HeapAlloc), int64(50<<10), "50 bytes for each that was left")
	})
}

func TestTaskGroupCancel(t *testing.T) {
	sub(t, "in the body", func(t *testing.T, ctx context.Context) {
		var task *loop.Task[int]
		cleaned := false
		require.NoError(t, group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			task = loop.Go(g, sleeper(10*tick, 0))
			g.Go(func(ctx context.Context) error {
				err := loop.Sleep(ctx, 10*tick)
				_ = loop.Sleep(context.WithoutCancel(ctx), tick)
				cleaned = true
				return err
			})
			require.NoError(t, loop.Sleep(ctx, tick))
			g.Cancel()
			g.Cancel()
			require.True(t, g.Go(long(0)).IsDone(), "nobody is taken in any more")
			err := loop.Sleep(ctx, 10*tick)
			require.ErrorIs(t, err, context.Canceled)
			return err
		}))
		require.True(t, task.Canceled())
		require.True(t, cleaned)
		require.Zero(t, requests(ctx))
		require.NoError(t, loop.Sleep(ctx, 0))
	})
	sub(t, "in the body, which does not wait any more", func(t *testing.T, ctx context.Context) {
		require.NoError(t, group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			loop.Go(g, sleeper(10*tick, 0))
			g.Cancel()
			return nil
		}))
		require.NoError(t, loop.Sleep(ctx, 0))
	})
	sub(t, "by a task, while the body waits", func(t *testing.T, ctx context.Context) {
		start := time.Now()
		require.NoError(t, group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				err := loop.Sleep(ctx, tick)
				g.Cancel()
				return err
			})
			return loop.Sleep(ctx, 10*tick)
		}))
		require.Equal(t, tick, time.Since(start))
		require.Zero(t, requests(ctx))
	})
	sub(t, "by a task, when the body has ended", func(t *testing.T, ctx context.Context) {
		start := time.Now()
		require.NoError(t, group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			loop.Go(g, sleeper(10*tick, 0))
			g.Go(func(ctx context.Context) error {
				err := loop.Sleep(ctx, tick)
				g.Cancel()
				return err
			})
			return nil
		}))
		require.Equal(t, tick, time.Since(start))
	})
	sub(t, "does not hide an error", func(t *testing.T, ctx context.Context) {
		requireErrors(t, group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			g.Go(stubborn(10*tick, errBoom))
			require.NoError(t, loop.Sleep(ctx, tick))
			g.Cancel()
			return errBang
		}), errBoom, errBang)
	})
	sub(t, "does not hide a cancellation of the task", func(t *testing.T, ctx context.Context) {
		task := spawn(ctx, func(ctx context.Context) error {
			return group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				g.Go(func(ctx context.Context) error {
					err := loop.Sleep(ctx, 10*tick)
					_ = loop.Sleep(context.WithoutCancel(ctx), 2*tick)
					return err
				})
				require.NoError(t, loop.Sleep(ctx, 0))
				g.Cancel()
				return loop.Sleep(ctx, 10*tick)
			})
		})
		requireCanceled(t, cancelAfter(t, ctx, tick, task))
	})
	sub(t, "does not hide a cancellation that was there before", func(t *testing.T, ctx context.Context) {
		require.NoError(t, outcome(ctx, spawn(ctx, func(ctx context.Context) error {
			loop.CurrentTask(ctx).Cancel()
			require.ErrorIs(t, loop.Sleep(ctx, tick), context.Canceled)
			err := group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				g.Cancel()
				return loop.Sleep(ctx, tick)
			})
			require.Equal(t, 1, requests(ctx))
			return err
		})))
	})
	sub(t, "from another goroutine", func(t *testing.T, ctx context.Context) {
		require.NoError(t, group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			go g.Cancel()
			return loop.Sleep(ctx, time.Hour)
		}))
	})
	sub(t, "before and after does nothing", func(t *testing.T, ctx context.Context) {
		var g loop.TaskGroup
		g.Cancel()
		require.NoError(t, g.Do(ctx, long(tick)))
		g.Cancel()
		require.NoError(t, loop.Sleep(ctx, 0))
	})
}

func TestTaskGroupTakesTasksFromOtherGoroutines(t *testing.T) {
	run(t, func(ctx context.Context) {
		const goroutines, each = 8, 50
		ran := 0
		var wg sync.WaitGroup
		require.NoError(t, group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			for range goroutines {
				wg.Go(func() {
					for range each {
						g.Go(func(context.Context) error {
							ran++
							return nil
						})
					}
				})
			}
			_, err := loop.ToThread(ctx, func(context.Context) (none, error) {
				wg.Wait()
				return none{}, nil
			}).Await(ctx)
			return err
		}))
		require.Equal(t, goroutines*each, ran)
	})
}

func TestTaskGroupStoppedWhileOtherGoroutinesAddTasks(t *testing.T) {
	run(t, func(ctx context.Context) {
		for range 20 {
			var wg sync.WaitGroup
			require.NoError(t, group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
				loop.Go(g, sleeper(time.Hour, 0))
				for range 4 {
					wg.Go(func() {
						for range 20 {
							loop.Go(g, sleeper(time.Hour, 0))
						}
						g.Cancel()
					})
				}
				return nil
			}))
			wg.Wait()
		}
	})
}

func TestAScopeAndGoexit(t *testing.T) {
	var p *future.PanicError
	sub(t, "of the body of a group cancels its tasks", func(t *testing.T, ctx context.Context) {
		var child *loop.Task[int]
		err := outcome(ctx, spawn(ctx, func(ctx context.Context) error {
			return group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				child = loop.Go(g, sleeper(10*tick, 0))
				_ = loop.Sleep(ctx, 0)
				runtime.Goexit()
				return nil
			})
		}))
		require.ErrorAs(t, err, &p)
		require.True(t, p.Goexit)
		requireCanceled(t, outcome(ctx, child))
	})
	sub(t, "of the body of a group leaves errors to the exception handler", func(t *testing.T, ctx context.Context) {
		var reports []error
		here(t, ctx).SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) { reports = append(reports, ec.Err) })
		var child *loop.Task[none]
		_ = outcome(ctx, spawn(ctx, func(ctx context.Context) error {
			return group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				child = g.Go(stubborn(10*tick, errBoom))
				_ = loop.Sleep(ctx, 0)
				runtime.Goexit()
				return nil
			})
		}))
		require.Equal(t, errBoom, outcome(ctx, child))
		require.NoError(t, loop.Sleep(ctx, 0))
		require.Equal(t, []error{errBoom}, reports)
	})
	sub(t, "and a panic pass through a timeout, which lets go of its timer", func(t *testing.T, ctx context.Context) {
		for _, end := range []func(){runtime.Goexit, func() { panic(errBoom) }} {
			limit := loop.NewTimeout(tick)
			err := outcome(ctx, spawn(ctx, func(ctx context.Context) error {
				return limit.Do(ctx, func(context.Context) error {
					end()
					return nil
				})
			}))
			require.ErrorAs(t, err, &p)
			require.NoError(t, loop.Sleep(ctx, 2*tick))
			require.False(t, limit.Expired())
		}
	})
	t.Run("of a loop that closes", func(t *testing.T) {
		l := loop.New(loop.Config{ExceptionHandler: func(*loop.Loop, loop.ExceptionContext) {}})
		left := 0
		loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
			return none{}, loop.Timeout(ctx, time.Hour, func(ctx context.Context) error {
				return group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
					defer func() { left++ }()
					g.Go(func(ctx context.Context) error {
						defer func() { left++ }()
						return loop.Sleep(ctx, time.Hour)
					})
					return loop.Sleep(ctx, time.Hour)
				})
			})
		})
		for range 3 {
			l.Stop()
			require.NoError(t, l.RunForever())
		}
		require.NoError(t, l.Close())
		require.Equal(t, 2, left)
	})
}
