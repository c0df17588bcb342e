package loop_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

// waitsOf returns every kind of wait, none of which ends by itself before an hour,
// for its table.
func waitsOf(t *testing.T, ctx context.Context) map[string]func(context.Context) error {
	l := here(t, ctx)
	full, empty, busy := queue.NewQueue[int](1), queue.NewQueue[int](0), queue.NewQueue[int](0)
	require.NoError(t, full.PutNowait(1))
	require.NoError(t, busy.PutNowait(1))
	var lock syncs.Lock
	require.True(t, lock.TryAcquire())
	var sem syncs.Semaphore
	var event syncs.Event
	never := func() *future.Future[int] { return pending(l) }
	return map[string]func(context.Context) error{
		"Sleep":       func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) },
		"Sleep(0)":    func(ctx context.Context) error { return loop.Sleep(ctx, 0) },
		"Await":       func(ctx context.Context) error { _, err := never().Await(ctx); return err },
		"Await, free": func(ctx context.Context) error { _, err := future.New[int]().Future().Await(ctx); return err },
		"a task":      func(ctx context.Context) error { _, err := loop.CreateTask(ctx, endless).Await(ctx); return err },
		"Shield":      func(ctx context.Context) error { _, err := future.Shield(never()).Await(ctx); return err },
		"Gather":      func(ctx context.Context) error { _, err := future.Gather(never()).Await(ctx); return err },
		"Gather2":     func(ctx context.Context) error { _, _, err := future.Gather2(ctx, never(), never()); return err },
		"WaitFor":     func(ctx context.Context) error { _, err := future.WaitFor(ctx, never(), time.Hour); return err },
		"Wait": func(ctx context.Context) error {
			_, _, err := future.Wait(ctx, []*future.Future[int]{never()}, future.WaitOptions{})
			return err
		},
		"AsCompleted": func(ctx context.Context) (err error) {
			for _, err = range future.AsCompleted(ctx, []*future.Future[int]{never()}, 0) {
			}
			return err
		},
		"Lock":      lock.Acquire,
		"Semaphore": sem.Acquire,
		"Event":     event.Wait,
		"Condition": func(ctx context.Context) error {
			var c syncs.Condition
			require.NoError(t, c.Acquire(ctx))
			defer func() { require.NoError(t, c.Release()) }()
			return c.Wait(ctx)
		},
		"Barrier": func(ctx context.Context) error {
			b := syncs.NewBarrier(2)
			_, err := b.Wait(ctx)
			return err
		},
		"Queue.Get":  func(ctx context.Context) error { _, err := empty.Get(ctx); return err },
		"Queue.Put":  func(ctx context.Context) error { return full.Put(ctx, 2) },
		"Queue.Join": busy.Join,
		"ToThread": func(ctx context.Context) error {
			_, err := loop.ToThread(ctx, func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() }).Await(ctx)
			return err
		},
		"Timeout": func(ctx context.Context) error { return loop.Timeout(ctx, time.Hour, long(2*time.Hour)) },
		"TaskGroup": func(ctx context.Context) error {
			return group(ctx, func(ctx context.Context, _ *loop.TaskGroup) error { return long(time.Hour)(ctx) })
		},
	}
}

// TestEveryWaitWithADoneContextFailsEachTime is the rule of cancellation.
func TestEveryWaitWithADoneContextFailsEachTime(t *testing.T) {
	scopes := map[string]func(ctx context.Context, body func(context.Context) error) error{
		"the task's": func(ctx context.Context, body func(context.Context) error) error {
			return outcome(ctx, canceledTask(ctx, body))
		},
		"that of a task created with it": func(ctx context.Context, body func(context.Context) error) error {
			return outcome(ctx, canceledTask(context.WithValue(ctx, none{}, 1), body))
		},
		"one derived from the task's": func(ctx context.Context, body func(context.Context) error) error {
			return outcome(ctx, canceledTask(ctx, func(ctx context.Context) error {
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				return body(ctx)
			}))
		},
		"a timeout's": func(ctx context.Context, body func(context.Context) error) error {
			return loop.Timeout(ctx, tick, body)
		},
		"that of a timeout in a timeout": func(ctx context.Context, body func(context.Context) error) error {
			return loop.Timeout(ctx, tick, func(ctx context.Context) error { return loop.Timeout(ctx, time.Hour, body) })
		},
		"a task group's": func(ctx context.Context, body func(context.Context) error) error {
			return group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				g.Go(func(ctx context.Context) error { _ = loop.Sleep(ctx, tick); return errBoom })
				return body(ctx)
			})
		},
		"that of a task of the group": func(ctx context.Context, body func(context.Context) error) error {
			return group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
				g.Go(func(ctx context.Context) error { _ = loop.Sleep(ctx, tick); return errBoom })
				g.Go(body)
				return nil
			})
		},
		"that of a task in WaitFor": func(ctx context.Context, body func(context.Context) error) error {
			_, err := future.WaitFor(ctx, spawn(ctx, body), tick)
			return err
		},
		"Resume's, after the next request": func(ctx context.Context, body func(context.Context) error) error {
			return outcome(ctx, canceledTask(ctx, func(ctx context.Context) error {
				_ = loop.Sleep(ctx, time.Hour)
				return loop.Timeout(loop.Resume(ctx), tick, func(ctx context.Context) error {
					_ = loop.Sleep(ctx, time.Hour)
					ctx = loop.Resume(ctx)
					loop.CurrentTask(ctx).Cancel()
					return body(ctx)
				})
			}))
		},
	}
	for scope, enter := range scopes {
		sub(t, scope, func(t *testing.T, ctx context.Context) {
			for name := range waitsOf(t, ctx) {
				start, ran := time.Now(), false
				_ = enter(ctx, func(ctx context.Context) error {
					wait := waitsOf(t, ctx)[name]
					if name == "Sleep(0)" {
						_ = loop.Sleep(ctx, time.Hour)
					}
					for range 3 {
						require.ErrorIs(t, wait(ctx), context.Canceled, name)
					}
					require.LessOrEqual(t, time.Since(start), 2*tick, name)
					ran = true
					// What is there already is had without a look at the context.
					v, err := future.Resolved(1).Await(ctx)
					require.NoError(t, err)
					require.Equal(t, 1, v)
					require.NoError(t, new(syncs.Lock).Acquire(ctx))
					require.NoError(t, queue.NewQueue[int](1).Put(ctx, 1))
					// And what is not to be interrupted is not.
					require.NoError(t, loop.Sleep(context.WithoutCancel(ctx), tick))
					require.NoError(t, loop.Sleep(context.Background(), tick))
					require.NoError(t, loop.Sleep(loop.Resume(ctx), tick), name)
					return nil
				})
				require.True(t, ran, name)
			}
		})
	}
}

// canceledTask starts a task that is canceled a tick later.
func canceledTask(ctx context.Context, body func(context.Context) error) *loop.Task[none] {
	task := spawn(ctx, body)
	l, err := loop.FromContext(ctx)
	if err == nil {
		_, _ = l.CallLater(tick, func() { task.Cancel() })
	}
	return task
}

// TestARetryLoopEndsWithItsTimeout is a program that took three times its limit: each
// wait failed with an error that was one more reason to try again.
func TestARetryLoopEndsWithItsTimeout(t *testing.T) {
	sub(t, "as with a plain context", func(t *testing.T, ctx context.Context) {
		calls, start := 0, time.Now()
		err := loop.Timeout(ctx, 1200*time.Millisecond, func(ctx context.Context) (err error) {
			for range 8 {
				calls++
				if err = loop.Sleep(ctx, 400*time.Millisecond); err == nil {
					err = errors.New("503")
				}
				if err := loop.Sleep(ctx, 100*time.Millisecond); err != nil {
					return err
				}
			}
			return err
		})
		requireTimeout(t, err)
		require.Equal(t, 3, calls)
		require.Equal(t, 1200*time.Millisecond, time.Since(start))
	})
}

// TestAWorkerThatLogsErrorsEnds is one that hung Run: it took its cancellation for an
// error like others, and waited for the next item.
func TestAWorkerThatLogsErrorsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.NewQueue[int](0)
		start, failed := time.Now(), 0
		_, err := loop.Run(t.Context(), func(ctx context.Context) (none, error) {
			loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				for {
					_, err := q.Get(ctx)
					if err != nil {
						return none{}, err
					}
					if err := loop.Sleep(ctx, 50*time.Millisecond); err != nil {
						failed++
					}
					_ = q.TaskDone()
				}
			})
			for i := range 3 {
				require.NoError(t, q.PutNowait(i))
			}
			return none{}, loop.Sleep(ctx, 70*time.Millisecond)
		})
		require.NoError(t, err)
		require.Equal(t, 2, failed)
		require.Equal(t, 70*time.Millisecond, time.Since(start))
	})
}

func TestATaskThatIgnoresItsCancellationDoesNotStopTheLoop(t *testing.T) {
	run(t, func(ctx context.Context) {
		turns, stop := 0, false
		task := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
			for !stop {
				_ = loop.Sleep(ctx, time.Hour)
			}
			return none{}, nil
		})
		require.NoError(t, loop.Sleep(ctx, 0))
		task.Cancel()
		for range 100 { // would not come back if the task did not yield
			require.NoError(t, loop.Sleep(ctx, 0))
			turns++
		}
		stop = true
		_, err := task.Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 100, turns)
	})
}

func TestAWaitIsCanceledByItsContextAndByNothingElse(t *testing.T) {
	why := errors.New("why")
	sub(t, "what it waits for is left alone if nothing may interrupt it", func(t *testing.T, ctx context.Context) {
		f := future.NewOn[int](here(t, ctx))
		task := spawn(ctx, func(ctx context.Context) error {
			v, err := f.Future().Await(context.WithoutCancel(ctx))
			require.Equal(t, 7, v)
			require.NoError(t, err)
			return loop.Sleep(ctx, 0)
		})
		require.NoError(t, loop.Sleep(ctx, tick))
		require.True(t, task.CancelCause(why))
		require.NoError(t, loop.Sleep(ctx, tick))
		require.False(t, f.Future().IsDone())
		require.NoError(t, f.SetResult(7))
		err := outcome(ctx, task)
		requireCanceled(t, err)
		require.ErrorIs(t, err, why)
	})
	sub(t, "a timeout's end interrupts a wait with the context around it, once", func(t *testing.T, ctx context.Context) {
		start := time.Now()
		requireTimeout(t, loop.Timeout(ctx, tick, func(inner context.Context) error {
			err := loop.Sleep(ctx, time.Hour)
			require.ErrorIs(t, err, context.Canceled)
			require.NoError(t, loop.Sleep(ctx, tick), "that context is not done")
			require.ErrorIs(t, loop.Sleep(inner, tick), context.Canceled)
			return err
		}))
		require.Equal(t, 2*tick, time.Since(start))
	})
	sub(t, "a deadline is told as one, and its cause too", func(t *testing.T, ctx context.Context) {
		for _, h := range []func(context.Context) error{
			func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) },
			func(ctx context.Context) error { _, err := pending(here(t, ctx)).Await(ctx); return err },
		} {
			limited, cancel := context.WithTimeoutCause(ctx, tick, why)
			err := h(limited)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, err, why)
			require.False(t, future.IsCanceled(err))
			cancel()
			stopped, stop := context.WithCancelCause(ctx)
			stop(why)
			err = h(stopped)
			require.True(t, future.IsCanceled(err))
			require.ErrorIs(t, err, why)
		}
	})
}

func TestResume(t *testing.T) {
	type key struct{}
	sub(t, "of a context that is not done, or nobody's, is the same", func(t *testing.T, ctx context.Context) {
		require.Equal(t, ctx, loop.Resume(ctx))
		done, cancel := context.WithCancel(context.Background())
		cancel()
		require.Equal(t, done, loop.Resume(done))
		detached := context.WithoutCancel(ctx)
		require.Equal(t, detached, loop.Resume(detached))
	})
	sub(t, "has the values, the task and the loop, and is a context like others", func(t *testing.T, ctx context.Context) {
		_ = outcome(ctx, canceledTask(ctx, func(ctx context.Context) error {
			old := context.WithValue(ctx, key{}, 5)
			_ = loop.Sleep(ctx, time.Hour)
			again := loop.Resume(old)
			require.Equal(t, 5, again.Value(key{}))
			require.NotNil(t, loop.CurrentTask(again))
			require.Equal(t, here(t, ctx), here(t, again))
			derived, cancel := context.WithCancel(again)
			defer cancel()
			require.NoError(t, derived.Err())
			require.NoError(t, loop.Sleep(derived, tick))
			child := spawn(again, long(time.Hour))
			loop.CurrentTask(again).CancelCause(errBoom)
			require.ErrorIs(t, derived.Err(), context.Canceled)
			require.ErrorIs(t, context.Cause(derived), errBoom)
			<-again.Done()
			require.ErrorIs(t, old.Err(), context.Canceled)
			require.ErrorIs(t, loop.Sleep(again, tick), errBoom)
			third := loop.Resume(loop.Resume(again))
			require.Equal(t, 5, third.Value(key{}))
			require.NoError(t, loop.Sleep(third, tick))
			require.False(t, child.IsDone(), "a request is not inherited")
			child.Cancel()
			requireCanceled(t, outcome(third, child))
			return nil
		}))
	})
	sub(t, "takes back a request of which no wait has told", func(t *testing.T, ctx context.Context) {
		v := outcome(ctx, spawn(ctx, func(ctx context.Context) error {
			loop.CurrentTask(ctx).Cancel()
			ctx = loop.Resume(ctx)
			return loop.Sleep(ctx, tick)
		}))
		require.NoError(t, v)
	})
	sub(t, "in a timeout ends with it, and outside goes on", func(t *testing.T, ctx context.Context) {
		_ = outcome(ctx, canceledTask(ctx, func(ctx context.Context) error {
			_ = loop.Sleep(ctx, time.Hour)
			ctx = loop.Resume(ctx)
			var inner context.Context
			requireTimeout(t, loop.Timeout(ctx, 10*tick, func(ctx context.Context) error {
				loop.CurrentTask(ctx).Cancel()
				require.ErrorIs(t, loop.Sleep(ctx, tick), context.Canceled)
				require.Equal(t, 1, loop.CurrentTask(ctx).Uncancel())
				inner = loop.Resume(ctx)
				err := loop.Sleep(inner, time.Hour)
				require.ErrorIs(t, inner.Err(), context.Canceled)
				require.ErrorIs(t, context.Cause(inner), loop.ErrTimeout)
				return err
			}))
			require.ErrorIs(t, loop.Sleep(ctx, tick), context.Canceled, "it was resumed before the second request")
			return loop.Sleep(loop.Resume(ctx), tick)
		}))
	})
}
