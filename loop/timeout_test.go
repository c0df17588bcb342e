package loop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// long returns a body that sleeps for d.
func long(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error { return loop.Sleep(ctx, d) }
}

var never time.Time

func TestTimeout(t *testing.T) {
	sub(t, "stops the body", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		start := time.Now()
		requireTimeout(t, limit.Do(ctx, long(100*tick)))
		require.Equal(t, tick, time.Since(start))
		require.True(t, limit.Expired())
		require.Zero(t, requests(ctx))
		require.NoError(t, loop.Sleep(ctx, tick))
	})
	sub(t, "at a point in time", func(t *testing.T, ctx context.Context) {
		deadline := time.Now().Add(tick)
		limit := loop.NewTimeoutAt(deadline)
		requireTimeout(t, limit.Do(ctx, long(100*tick)))
		require.True(t, limit.Expired())
		require.Equal(t, deadline, limit.When())
		requireTimeout(t, loop.TimeoutAt(ctx, time.Now().Add(tick), long(100*tick)))
	})
	sub(t, "inside, it looks like a cancellation", func(t *testing.T, ctx context.Context) {
		var inside error
		requireTimeout(t, loop.Timeout(ctx, tick, func(ctx context.Context) error {
			inside = loop.Sleep(ctx, 100*tick)
			return inside
		}))
		requireCanceled(t, inside)
	})
	sub(t, "leaves a body alone that is in time", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(100 * tick)
		require.NoError(t, limit.Do(ctx, long(tick)))
		require.False(t, limit.Expired())
		require.Greater(t, time.Until(limit.When()), time.Duration(0))
	})
	sub(t, "without a deadline never ends", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeoutAt(never)
		require.NoError(t, limit.Do(ctx, long(1000*tick)))
		require.False(t, limit.Expired())
		require.Zero(t, limit.When())
	})
	sub(t, "at the zero time never ends", func(t *testing.T, ctx context.Context) {
		require.NoError(t, loop.TimeoutAt(ctx, never, long(1000*tick)))
	})
	for name, c := range map[string]struct{ limit, sleep time.Duration }{
		"zero stops a long await":              {0, 100 * tick},
		"zero stops an await of one iteration": {0, 0},
		"a time that is past does as well":     {-11 * time.Second, 0},
	} {
		sub(t, name, func(t *testing.T, ctx context.Context) {
			start := time.Now()
			limit := loop.NewTimeout(c.limit)
			requireTimeout(t, limit.Do(ctx, long(c.sleep)))
			require.True(t, limit.Expired())
			require.Equal(t, start.Add(c.limit), limit.When())
			require.Equal(t, start, time.Now())
		})
	}
	sub(t, "passes other errors on", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		require.Equal(t, errBoom, limit.Do(ctx, func(context.Context) error { return errBoom }))
		require.False(t, limit.Expired())
	})
	sub(t, "keeps what the body says beside the cancellation", func(t *testing.T, ctx context.Context) {
		err := loop.Timeout(ctx, tick, func(ctx context.Context) error {
			return errors.Join(errBoom, loop.Sleep(ctx, 10*tick))
		})
		requireTimeout(t, err)
		require.ErrorIs(t, err, errBoom)
		var canceled *future.CanceledError
		require.NotErrorAs(t, err, &canceled)
	})
	sub(t, "passes an error of the cleanup on unchanged", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		require.Equal(t, errBoom, limit.Do(ctx, stubborn(10*tick, errBoom)))
		require.True(t, limit.Expired())
		require.Zero(t, requests(ctx))
	})
	sub(t, "passes the last of several errors of the cleanup on", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		err := limit.Do(ctx, func(ctx context.Context) (err error) {
			defer func() { err = errBoom }()
			defer func() { err = errBang }()
			return loop.Sleep(ctx, 10*tick)
		})
		require.Equal(t, errBoom, err)
		require.True(t, limit.Expired())
	})
	sub(t, "returns the value of a body that goes on", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		require.NoError(t, limit.Do(ctx, stubborn(10*tick, nil)))
		require.True(t, limit.Expired())
		require.Zero(t, requests(ctx))
	})
	sub(t, "does not cancel the task that it is in", func(t *testing.T, ctx context.Context) {
		task := spawn(ctx, func(ctx context.Context) error {
			requireTimeout(t, loop.Timeout(ctx, tick, long(100*tick)))
			return ctx.Err()
		})
		require.NoError(t, outcome(ctx, task))
		require.False(t, task.Canceled())
	})
	sub(t, "around a group, passes the group's errors on", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		err := limit.Do(ctx, func(ctx context.Context) error {
			return group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				g.Go(stubborn(20*tick, errBang))
				return errors.Join(errBoom, loop.Sleep(ctx, 10*tick))
			})
		})
		requireErrors(t, err, errBang)
		require.True(t, limit.Expired())
	})
	sub(t, "stops an executor's work through its context", func(t *testing.T, ctx context.Context) {
		stopped := make(chan error, 1)
		requireTimeout(t, loop.Timeout(ctx, tick, func(ctx context.Context) error {
			_, err := loop.ToThread(ctx, func(ctx context.Context) (none, error) {
				<-ctx.Done()
				stopped <- ctx.Err()
				return none{}, context.Cause(ctx)
			}).Await(ctx)
			return err
		}))
		require.ErrorIs(t, <-stopped, context.Canceled)
		require.NoError(t, ctx.Err())
	})
}

func TestTimeoutsNested(t *testing.T) {
	sub(t, "of those that end together the outermost tells", func(t *testing.T, ctx context.Context) {
		deadline := time.Now().Add(tick)
		outer, inner := loop.NewTimeoutAt(deadline), loop.NewTimeoutAt(deadline)
		err := outer.Do(ctx, func(ctx context.Context) error {
			err := inner.Do(ctx, long(100*tick))
			requireCanceled(t, err)
			return err
		})
		requireTimeout(t, err)
		require.True(t, outer.Expired())
		require.True(t, inner.Expired())
		require.Zero(t, requests(ctx))
	})
	sub(t, "both are over before the loop gets its turn", func(t *testing.T, ctx context.Context) {
		outer, inner := loop.NewTimeout(2*tick), loop.NewTimeout(50*tick)
		err := outer.Do(ctx, func(ctx context.Context) error {
			return inner.Do(ctx, func(ctx context.Context) error {
				time.Sleep(10 * tick) // blocks the loop; in the bubble it only moves the clock
				return loop.Sleep(ctx, 100*tick)
			})
		})
		requireTimeout(t, err)
		require.True(t, outer.Expired())
		require.False(t, inner.Expired(), "its time had not come")
	})
	sub(t, "the outer stops what comes after the inner", func(t *testing.T, ctx context.Context) {
		start := time.Now()
		err := loop.Timeout(ctx, 10*tick, func(ctx context.Context) error {
			requireTimeout(t, loop.Timeout(ctx, tick, func(ctx context.Context) error {
				time.Sleep(9 * tick) // the loop is busy
				return loop.Sleep(ctx, 10*tick)
			}))
			return loop.Sleep(ctx, 100*tick)
		})
		requireTimeout(t, err)
		require.Equal(t, 10*tick, time.Since(start))
	})
	sub(t, "one in the cleanup of the other", func(t *testing.T, ctx context.Context) {
		var inner error
		err := loop.Timeout(ctx, tick, func(ctx context.Context) error {
			err := loop.Sleep(ctx, 10*tick)
			inner = loop.Timeout(loop.Resume(ctx), tick, long(100*tick))
			return err
		})
		requireTimeout(t, inner)
		requireTimeout(t, err)
	})
	sub(t, "a timeout of the inner is no cancellation of the outer", func(t *testing.T, ctx context.Context) {
		outer := loop.NewTimeout(10 * tick)
		require.NoError(t, outer.Do(ctx, func(ctx context.Context) error {
			requireTimeout(t, loop.Timeout(ctx, tick, long(100*tick)))
			return loop.Sleep(ctx, tick)
		}))
		require.False(t, outer.Expired())
	})
}

func TestTimeoutAgainstCancellation(t *testing.T) {
	self := func(ctx context.Context) { loop.CurrentTask(ctx).Cancel() }
	in := func(t *testing.T, ctx context.Context, body func(ctx context.Context) error) error {
		t.Helper()
		return outcome(ctx, spawn(ctx, body))
	}
	sub(t, "a cancellation from outside passes", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(100 * tick)
		requireCanceled(t, in(t, ctx, func(ctx context.Context) error {
			return limit.Do(ctx, func(ctx context.Context) error {
				self(ctx)
				return loop.Sleep(ctx, 10*tick)
			})
		}))
		require.False(t, limit.Expired())
	})
	sub(t, "one that was caught before breaks no later timeout", func(t *testing.T, ctx context.Context) {
		require.NoError(t, in(t, ctx, func(ctx context.Context) error {
			self(ctx)
			require.ErrorIs(t, loop.Sleep(ctx, tick), context.Canceled)
			requireTimeout(t, loop.Timeout(loop.Resume(ctx), 0, long(10*tick)))
			require.Equal(t, 1, requests(ctx))
			return nil
		}))
	})
	sub(t, "one that comes inside, after another was caught before, passes", func(t *testing.T, ctx context.Context) {
		require.NoError(t, in(t, ctx, func(ctx context.Context) error {
			self(ctx)
			require.ErrorIs(t, loop.Sleep(ctx, tick), context.Canceled)
			requireCanceled(t, loop.Timeout(loop.Resume(ctx), 10*tick, func(ctx context.Context) error {
				require.NoError(t, loop.Sleep(ctx, tick))
				self(ctx)
				return loop.Sleep(ctx, 20*tick)
			}))
			return nil
		}))
	})
	sub(t, "wins over a cause that the body took from the context", func(t *testing.T, ctx context.Context) {
		requireCanceled(t, in(t, ctx, func(ctx context.Context) error {
			return loop.Timeout(ctx, tick, func(ctx context.Context) error {
				_ = loop.Sleep(ctx, 10*tick)
				self(ctx)
				require.ErrorIs(t, context.Cause(ctx), loop.ErrTimeout)
				return context.Cause(ctx)
			})
		}))
	})
	sub(t, "a cause that the body took from the context is the timeout", func(t *testing.T, ctx context.Context) {
		requireTimeout(t, loop.Timeout(ctx, tick, func(ctx context.Context) error {
			_ = loop.Sleep(ctx, 10*tick)
			return context.Cause(ctx)
		}))
	})
}

func TestTimeoutReschedule(t *testing.T) {
	sub(t, "from another task", func(t *testing.T, ctx context.Context) {
		entered := future.NewOn[*loop.TimeoutScope](here(t, ctx))
		deadline1 := time.Now().Add(100 * tick)
		deadline2 := deadline1.Add(200 * tick)
		task := spawn(ctx, func(ctx context.Context) error {
			limit := loop.NewTimeoutAt(deadline1)
			return limit.Do(ctx, func(ctx context.Context) error {
				_ = entered.SetResult(limit)
				return loop.Sleep(ctx, 500*tick)
			})
		})
		limit, err := entered.Future().Await(ctx)
		require.NoError(t, err)
		require.Equal(t, deadline1, limit.When())
		require.NoError(t, limit.Reschedule(deadline2))
		require.Equal(t, deadline2, limit.When())
		require.NoError(t, loop.Sleep(ctx, 150*tick))
		require.False(t, limit.Expired())
		require.NoError(t, limit.Reschedule(never))
		require.Zero(t, limit.When())
		task.Cancel()
		requireCanceled(t, outcome(ctx, task))
		require.False(t, limit.Expired())
	})
	refused := func(t *testing.T, limit *loop.TimeoutScope, state string) {
		t.Helper()
		err := limit.Reschedule(time.Now().Add(tick))
		require.ErrorIs(t, err, loop.ErrTimeoutState)
		require.ErrorContains(t, err, state)
	}
	sub(t, "after the end", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		require.NoError(t, limit.Do(ctx, long(0)))
		refused(t, limit, "finished")
	})
	sub(t, "after the deadline", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		requireTimeout(t, limit.Do(ctx, long(10*tick)))
		refused(t, limit, "expired")
	})
	sub(t, "while the body winds up", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		require.NoError(t, limit.Do(ctx, func(ctx context.Context) error {
			require.ErrorIs(t, loop.Sleep(ctx, 10*tick), context.Canceled)
			refused(t, limit, "expiring")
			return nil
		}))
	})
	sub(t, "before the body", func(t *testing.T, _ context.Context) {
		refused(t, loop.NewTimeout(tick), "has not been entered")
	})
	sub(t, "off the loop", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		require.NoError(t, limit.Do(ctx, func(ctx context.Context) error {
			err, _ := loop.ToThread(ctx, func(context.Context) (error, error) {
				return limit.Reschedule(never), nil
			}).Await(ctx)
			require.ErrorContains(t, err, "off the loop")
			return nil
		}))
	})
}

func TestTimeoutRefusals(t *testing.T) {
	sub(t, "entered inside itself", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		require.NoError(t, limit.Do(ctx, func(ctx context.Context) error {
			require.ErrorIs(t, limit.Do(ctx, long(0)), loop.ErrScopeEntered)
			return nil
		}))
	})
	sub(t, "entered twice", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		require.NoError(t, limit.Do(ctx, long(0)))
		require.ErrorIs(t, limit.Do(ctx, long(0)), loop.ErrScopeEntered)
	})
	t.Run("outside a task", func(t *testing.T) {
		l := newLoop(t)
		limit := loop.NewTimeout(tick)
		body := func(context.Context) error {
			t.Error("the body ran")
			return nil
		}
		require.ErrorIs(t, limit.Do(l.Context(), body), loop.ErrNoTask)
		require.ErrorIs(t, limit.Do(t.Context(), body), loop.ErrNoTask)
		require.ErrorIs(t, limit.Reschedule(never), loop.ErrTimeoutState)
	})
}

func TestTimeoutSaysItsState(t *testing.T) {
	sub(t, "active", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		require.NoError(t, limit.Do(ctx, func(context.Context) error {
			require.Regexp(t, `^<Timeout \[active\] when=\d+-.*>$`, limit.String())
			return nil
		}))
	})
	sub(t, "expired", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		requireTimeout(t, limit.Do(ctx, long(10*tick)))
		require.Equal(t, "<Timeout [expired]>", limit.String())
	})
	sub(t, "finished", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeout(tick)
		require.NoError(t, limit.Do(ctx, long(0)))
		require.Equal(t, "<Timeout [finished]>", limit.String())
	})
	sub(t, "without a deadline", func(t *testing.T, ctx context.Context) {
		limit := loop.NewTimeoutAt(never)
		require.NoError(t, limit.Do(ctx, func(context.Context) error {
			require.Equal(t, "<Timeout [active] when=never>", limit.String())
			return nil
		}))
	})
}
