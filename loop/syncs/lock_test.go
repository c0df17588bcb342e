package syncs_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

func TestLockDescribesItself(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		require.Equal(t, "<Lock [unlocked]>", lock.String())
		s.ok(lock.Acquire(s.ctx))
		require.Equal(t, "<Lock [locked]>", lock.String())
		waiting := s.spawn(lock.Acquire)
		s.turn()
		require.Equal(t, "<Lock [locked, waiters:1]>", lock.String())
		s.ok(lock.Release())
		require.Equal(t, "<Lock [unlocked, waiters:1]>", lock.String(), "it is on its way to the waiter")
		s.join(waiting)
	})
}

func TestLockServesWaitersInOrderOneForEachRelease(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		var got []int
		take := func(i int) *loop.Task[none] {
			return s.spawn(func(ctx context.Context) error {
				err := lock.Acquire(ctx)
				got = append(got, i)
				return err
			})
		}
		s.ok(lock.Acquire(s.ctx))
		t1, t2 := take(1), take(2)
		s.turn()
		require.Empty(t, got)

		s.ok(lock.Release())
		s.turn()
		require.Equal(t, []int{1}, got)
		s.turn()
		require.Equal(t, []int{1}, got)

		t3 := take(3)
		s.ok(lock.Release())
		s.turn()
		require.Equal(t, []int{1, 2}, got)
		s.ok(lock.Release())
		s.turn()
		require.Equal(t, []int{1, 2, 3}, got)
		for _, task := range []*loop.Task[none]{t1, t2, t3} {
			require.True(t, task.IsDone())
			s.ok(task.Err())
		}
	})
}

func TestLockCanceledWaiterLeavesTheQueue(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		s.ok(lock.Acquire(s.ctx))
		task := s.spawn(lock.Acquire)
		s.soon(func() { task.Cancel() })
		require.ErrorIs(t, s.awaitErr(task), context.Canceled)
		require.Equal(t, "<Lock [locked]>", lock.String())
	})
}

func TestLockReleaseThatMeetsACanceledWaiterGoesToTheNext(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		gate := future.NewOn[none](s.l)
		hold := func(until *future.Future[none]) *loop.Task[none] {
			return s.spawn(func(ctx context.Context) error {
				return lock.With(ctx, func() error {
					if until == nil {
						return nil
					}
					_, err := until.Await(ctx)
					return err
				})
			})
		}
		a := hold(gate.Future())
		s.turn()
		require.True(t, lock.Locked())
		b := hold(nil)
		s.turn()
		require.Contains(t, lock.String(), "waiters:1")
		c := hold(nil)
		s.turn()
		require.Contains(t, lock.String(), "waiters:2")

		s.ok(gate.SetResult(none{}))
		b.Cancel()
		s.turn()
		require.False(t, lock.Locked())
		require.True(t, a.IsDone())
		require.True(t, b.Canceled())
		s.join(c)
	})
}

func TestLockCancelAndReleaseInOneCallbackGiveOneLock(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		calls, locks := 0, 0
		take := func() *loop.Task[none] {
			return s.spawn(func(ctx context.Context) error {
				calls++
				if err := lock.Acquire(ctx); err != nil {
					return err
				}
				locks++
				return nil
			})
		}
		s.ok(lock.Acquire(s.ctx))
		t1, t2, t3 := take(), take(), take()
		s.turn()
		s.soon(func() {
			t1.Cancel()
			s.ok(lock.Release())
		})
		require.ErrorIs(t, s.awaitErr(t1), context.Canceled)
		require.Equal(t, 1, locks)
		require.Equal(t, 3, calls)
		require.True(t, t1.Canceled())
		require.True(t, t2.IsDone())

		t3.Cancel()
		s.turn()
		require.True(t, t3.Canceled())
	})
}

func TestLockCancelBeforeReleaseWakesTheSecondWaiter(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		s.ok(lock.Acquire(s.ctx))
		b := s.spawn(lock.Acquire)
		s.turn()
		require.Contains(t, lock.String(), "waiters:1")
		c := s.spawn(lock.Acquire)
		b.Cancel()
		s.ok(lock.Release())
		s.turn()
		require.True(t, lock.Locked(), "c jumped the queue of canceled waiters")
		require.True(t, b.Canceled())
		s.join(c)
	})
}

func TestLockWokenAndCanceledWaiterPassesTheLockOn(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		s.ok(lock.Acquire(s.ctx))
		b, c := s.spawn(lock.Acquire), s.spawn(lock.Acquire)
		s.turn()
		s.ok(lock.Release())
		require.False(t, lock.TryAcquire(), "it is reserved for b")
		b.Cancel()
		s.join(c)
		require.True(t, b.Canceled())
		require.True(t, lock.Locked())
	})
}

func TestLockReleaseOfAFreeLockIsAnError(t *testing.T) {
	var lock syncs.Lock
	require.ErrorIs(t, lock.Release(), syncs.ErrNotLocked)
}

func TestLockReleaseWithoutWaitersFreesTheLock(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		s.ok(lock.Acquire(s.ctx))
		require.True(t, lock.Locked())
		s.ok(lock.Release())
		require.False(t, lock.Locked())
	})
}

func TestLockWithHoldsTheLockAndReleasesIt(t *testing.T) {
	boom := errors.New("boom")
	for name, fn := range map[string]func() error{
		"result": func() error { return nil },
		"error":  func() error { return boom },
		"panic":  func() error { panic(boom) },
	} {
		t.Run(name, func(t *testing.T) {
			onLoop(t, func(s *scene) {
				var lock syncs.Lock
				require.False(t, lock.Locked())
				err := func() (err error) {
					defer func() {
						if v := recover(); v != nil {
							err = v.(error)
						}
					}()
					return lock.With(s.ctx, func() error {
						require.True(t, lock.Locked())
						return fn()
					})
				}()
				if name != "result" {
					require.ErrorIs(t, err, boom)
				}
				require.False(t, lock.Locked())
			})
		})
	}
}

func TestWithTellsWhatWentWrong(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		require.ErrorIs(t, lock.With(s.ctx, lock.Release), syncs.ErrNotLocked,
			"the function released what With releases")

		s.ok(lock.Acquire(s.ctx))
		limit, cancel := context.WithCancelCause(s.ctx)
		why := errors.New("no time")
		cancel(why)
		require.ErrorIs(t, lock.With(limit, func() error {
			t.Error("called without the lock")
			return nil
		}), why)
	})
}

func TestLockAtOnceDoesNotYieldAndDoesNotLookAtTheContext(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		ended, cancel := context.WithCancel(s.ctx)
		cancel()
		yielded := false
		s.soon(func() { yielded = true })
		s.ok(lock.Acquire(ended))
		require.False(t, yielded)
	})
}
