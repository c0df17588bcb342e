package loop_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// endless is a body that never ends by itself.
func endless(ctx context.Context) (int, error) { return 0, loop.Sleep(ctx, 1<<60) }

func TestCancelOfASleepingTask(t *testing.T) {
	run(t, func(ctx context.Context) {
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			if _, err := endless(ctx); err != nil {
				return 0, err
			}
			return 12, nil
		})
		require.NoError(t, loop.Sleep(ctx, 0))
		require.True(t, task.Cancel())
		require.False(t, task.IsDone(), "it is a request")
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, task.IsDone())
		require.True(t, task.Canceled())
		require.False(t, task.Cancel())
	})
}

func TestCancelBetweenTwoTurns(t *testing.T) {
	run(t, func(ctx context.Context) {
		turns := 0
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			for range 2 {
				turns++
				if err := loop.Sleep(ctx, 0); err != nil {
					return 0, err
				}
			}
			return 12, nil
		})
		require.NoError(t, loop.Sleep(ctx, 0))
		task.Cancel()
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, task.Canceled())
		require.Equal(t, 1, turns)
	})
}

func TestCancelOfTheAwaitedFutureCancelsTheTaskThatDoesNotHandleIt(t *testing.T) {
	run(t, func(ctx context.Context) {
		f := pending(here(t, ctx))
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return f.Await(ctx) })
		require.NoError(t, loop.Sleep(ctx, 0))
		require.True(t, f.Cancel())
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, task.Canceled())
		require.Zero(t, task.Cancelling(), "nobody asked the task")
	})
}

func TestCancelOfATaskCancelsTheFutureThatItAwaits(t *testing.T) {
	run(t, func(ctx context.Context) {
		f := pending(here(t, ctx))
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return f.Await(ctx) })
		require.NoError(t, loop.Sleep(ctx, 0))
		require.True(t, task.Cancel())
		require.True(t, f.Canceled(), "at once")
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestARequestMadeBeforeTheAwaitCancelsWhatIsAwaited(t *testing.T) {
	run(t, func(ctx context.Context) {
		f := pending(here(t, ctx))
		var nested *loop.Task[int]
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			nested = loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return f.Await(ctx) })
			require.NoError(t, loop.Sleep(ctx, 0))
			loop.CurrentTask(ctx).Cancel()
			return nested.Await(ctx)
		})
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, task.Canceled())
		require.True(t, nested.Canceled())
		require.True(t, f.Canceled())
	})
}

func TestABodyMayHandleACancellation(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		then  func(ctx context.Context, p *future.Promise[int]) (int, error)
		check func(t *testing.T, v int, err error)
	}{
		"and return": {
			func(context.Context, *future.Promise[int]) (int, error) { return 42, nil },
			func(t *testing.T, v int, err error) {
				require.NoError(t, err)
				require.Equal(t, 42, v)
			},
		},
		"and go on awaiting": {
			func(ctx context.Context, p *future.Promise[int]) (int, error) {
				return p.Future().Await(loop.Resume(ctx))
			},
			func(t *testing.T, v int, err error) {
				require.NoError(t, err, "the request was handled")
				require.Equal(t, 43, v)
			},
		},
		"and fail": {
			func(context.Context, *future.Promise[int]) (int, error) { return 0, boom },
			func(t *testing.T, _ int, err error) { require.Same(t, boom, err) },
		},
		"and panic": {
			func(context.Context, *future.Promise[int]) (int, error) { panic(boom) },
			func(t *testing.T, _ int, err error) {
				var p *future.PanicError
				require.ErrorAs(t, err, &p)
				require.ErrorIs(t, err, boom)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(ctx context.Context) {
				p := future.NewOn[int](here(t, ctx))
				task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
					_, err := endless(ctx)
					require.ErrorIs(t, err, context.Canceled)
					return c.then(ctx, p)
				})
				require.NoError(t, loop.Sleep(ctx, 0))
				require.True(t, task.Cancel())
				require.NoError(t, loop.Sleep(ctx, 0))
				require.NoError(t, p.SetResult(43))
				v, err := task.Await(ctx)
				c.check(t, v, err)
				require.False(t, task.Canceled())
				require.Equal(t, 1, task.Cancelling())
			})
		})
	}
}

func TestTheReasonOfARequest(t *testing.T) {
	why := errors.New("my message")
	causes := map[string]error{"none": nil, "a reason": why, "a formatted one": fmt.Errorf("5: %w", why)}
	// ended returns a task that was canceled for the cause, and is done.
	ended := func(t *testing.T, ctx context.Context, started bool, cause error) *loop.Task[int] {
		task := loop.CreateTask(ctx, endless)
		if started {
			require.NoError(t, loop.Sleep(ctx, 0))
		}
		require.True(t, task.CancelCause(cause))
		_, _, err := future.Wait(ctx, []*loop.Task[int]{task}, future.WaitOptions{})
		require.NoError(t, err)
		return task
	}
	for where, get := range map[string]func(t *testing.T, ctx context.Context, cause error) error{
		"is in the result": func(t *testing.T, ctx context.Context, cause error) error {
			_, err := ended(t, ctx, true, cause).Result()
			return err
		},
		"is in the error": func(t *testing.T, ctx context.Context, cause error) error {
			return ended(t, ctx, true, cause).Err()
		},
		"even if the task had not started": func(t *testing.T, ctx context.Context, cause error) error {
			return ended(t, ctx, false, cause).Err()
		},
		"reaches whoever awaits the task": func(t *testing.T, ctx context.Context, cause error) error {
			task := ended(t, ctx, true, cause)
			_, err := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return task.Await(ctx) }).Await(ctx)
			return err
		},
		"is the cause of the task's context": func(t *testing.T, ctx context.Context, cause error) error {
			task := loop.CreateTask(ctx, func(ctx context.Context) (error, error) {
				_, _ = endless(ctx)
				return context.Cause(ctx), nil
			})
			require.NoError(t, loop.Sleep(ctx, 0))
			task.CancelCause(cause)
			got, err := task.Await(ctx)
			require.NoError(t, err)
			if cause != nil {
				got = future.Canceled(got) // the context's cause is the bare reason
			}
			return got
		},
	} {
		t.Run(where, func(t *testing.T) {
			for name, cause := range causes {
				t.Run(name, func(t *testing.T) {
					run(t, func(ctx context.Context) {
						err := get(t, ctx, cause)
						require.ErrorIs(t, err, context.Canceled)
						if cause != nil {
							require.ErrorIs(t, err, cause)
						}
					})
				})
			}
		})
	}
}

func TestAnErrorThatWrapsACancellationIsOne(t *testing.T) {
	run(t, func(ctx context.Context) {
		why := errors.New("msg")
		inner := loop.CreateTask(ctx, endless)
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			_, err := inner.Await(ctx)
			return 0, fmt.Errorf("canceled while waiting: %w", err)
		})
		hidden := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			_, err := inner.Await(ctx)
			return 0, fmt.Errorf("no answer: %v", err)
		})
		require.NoError(t, loop.Sleep(ctx, 0))
		soon(t, here(t, ctx), func() { inner.CancelCause(why) })
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, why)
		require.ErrorContains(t, err, "canceled while waiting")
		require.True(t, task.Canceled())
		_, err = hidden.Await(ctx)
		require.NotErrorIs(t, err, context.Canceled)
		require.False(t, hidden.Canceled())
	})
}

func TestCancellingCountsRequests(t *testing.T) {
	run(t, func(ctx context.Context) {
		task := loop.CreateTask(ctx, endless)
		require.Zero(t, task.Cancelling())
		require.NotContains(t, task.String(), "cancelling")
		require.True(t, task.Cancel())
		require.Equal(t, 1, task.Cancelling())
		require.Contains(t, task.String(), "cancelling")
		require.True(t, task.Cancel(), "each call is one more request")
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 2, task.Cancelling())
	})
}

func TestUncancelTakesRequestsBack(t *testing.T) {
	run(t, func(ctx context.Context) {
		task := loop.CreateTask(ctx, endless)
		require.Zero(t, task.Uncancel(), "there is none")
		task.Cancel()
		task.Cancel()
		require.Equal(t, 1, task.Uncancel())
		require.Contains(t, task.String(), "cancelling")
		require.Equal(t, 0, task.Uncancel())
		require.Equal(t, 0, task.Uncancel(), "not below zero")
		require.NotContains(t, task.String(), "cancelling")
		require.True(t, task.Cancel())
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 0, task.Uncancel(), "harmless when the task is done")
	})
}

func TestUncancelSavesAResultThatIsOnItsWay(t *testing.T) {
	run(t, func(ctx context.Context) {
		p := future.NewOn[int](here(t, ctx))
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			_, err := p.Future().Await(ctx)
			return 42, err
		})
		require.NoError(t, loop.Sleep(ctx, 0))
		require.NoError(t, p.SetResult(1))
		task.Cancel()
		require.Equal(t, 1, task.Cancelling())
		require.Zero(t, task.Uncancel())
		v, err := task.Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 42, v)
	})
}

// TestATimeoutMadeByHand is what a timeout does, spelled out: it cancels the task
// and takes exactly that request back.
func TestATimeoutMadeByHand(t *testing.T) {
	request := func(sleep, timeout time.Duration) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			me, timedOut := loop.CurrentTask(ctx), false
			l, err := loop.FromContext(ctx)
			if err != nil {
				return "", err
			}
			timer, err := l.CallLater(timeout, func() { timedOut = true; me.Cancel() })
			if err != nil {
				return "", err
			}
			err = loop.Sleep(ctx, sleep)
			timer.Cancel()
			outcome := "finished"
			if timedOut && me.Uncancel() == 0 && future.IsCanceled(err) {
				outcome, err = "timed out", nil
			}
			if err != nil {
				return "", err
			}
			return outcome, loop.Sleep(loop.Resume(ctx), 0) // the code after is not affected
		}
	}
	for want, body := range map[string]func(context.Context) (string, error){
		"timed out": request(10*time.Second, 100*time.Millisecond),
		"finished":  request(0, 10*time.Second),
	} {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				run(t, func(ctx context.Context) {
					task := loop.CreateTask(ctx, body)
					v, err := task.Await(ctx)
					require.NoError(t, err)
					require.Equal(t, want, v)
					require.Zero(t, task.Cancelling())
				})
			})
		})
	}
	t.Run("leaves a request of somebody else alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			run(t, func(ctx context.Context) {
				task := loop.CreateTask(ctx, request(10*time.Second, time.Second))
				_, err := here(t, ctx).CallLater(time.Second, func() { task.Cancel() })
				require.NoError(t, err)
				_, err = task.Await(ctx)
				require.ErrorIs(t, err, context.Canceled)
				require.Equal(t, 1, task.Cancelling())
			})
		})
	})
}

func TestCancelDuringWaitLeavesTheFuturesAlone(t *testing.T) {
	run(t, func(ctx context.Context) {
		gate := future.NewOn[int](here(t, ctx))
		proof := 0
		inner := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
			_, err := gate.Future().Await(ctx)
			proof++
			return none{}, err
		})
		outer := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
			_, _, err := future.Wait(ctx, []*loop.Task[none]{inner}, future.WaitOptions{})
			if err == nil {
				proof += 100
			}
			return none{}, err
		})
		require.NoError(t, loop.Sleep(ctx, 0))
		outer.Cancel()
		_, err := outer.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, gate.SetResult(1))
		_, err = inner.Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, proof)
	})
}
