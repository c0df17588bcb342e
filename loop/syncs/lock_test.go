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
		s.OK(lock.Acquire(s.Ctx))
		require.Equal(t, "<Lock [locked]>", lock.String())
		waiting := s.Spawn(lock.Acquire)
		s.Turn()
		require.Equal(t, "<Lock [locked, waiters:1]>", lock.String())
		s.OK(lock.Release())
		require.Equal(t, "<Lock [unlocked, waiters:1]>", lock.String(), "it is on its way to the waiter")
		s.Join(waiting)
	})
}

func TestLockServesWaitersInOrderOneForEachRelease(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		var got []int
		take := func(i int) *loop.Task[none] {
			return s.Spawn(func(ctx context.Context) error {
				err := lock.Acquire(ctx)
				got = append(got, i)
				return err
			})
		}
		s.OK(lock.Acquire(s.Ctx))
		t1, t2 := take(1), take(2)
		s.Turn()
		require.Empty(t, got)

		s.OK(lock.Release())
		s.Turn()
		require.Equal(t, []int{1}, got)
		s.Turn()
		require.Equal(t, []int{1}, got)

		t3 := take(3)
		s.OK(lock.Release())
		s.Turn()
		require.Equal(t, []int{1, 2}, got)
		s.OK(lock.Release())
		s.Turn()
		require.Equal(t, []int{1, 2, 3}, got)
		for _, task := range []*loop.Task[none]{t1, t2, t3} {
			require.True(t, task.IsDone())
			s.OK(task.Err())
		}
	})
}

func TestLockCanceledWaiterLeavesTheQueue(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		s.OK(lock.Acquire(s.Ctx))
		task := s.Spawn(lock.Acquire)
		s.Soon(func() { task.Cancel() })
		require.ErrorIs(t, s.AwaitErr(task), context.Canceled)
		require.Equal(t, "<Lock [locked]>", lock.String())
	})
}

func TestLockReleaseThatMeetsACanceledWaiterGoesToTheNext(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		gate := future.NewOn[none](s.L)
		hold := func(until *future.Future[none]) *loop.Task[none] {
			return s.Spawn(func(ctx context.Context) error {
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
		s.Turn()
		require.True(t, lock.Locked())
		b := hold(nil)
		s.Turn()
		require.Contains(t, lock.String(), "waiters:1")
		c := hold(nil)
		s.Turn()
		require.Contains(t, lock.String(), "waiters:2")

		s.OK(gate.SetResult(none{}))
		b.Cancel()
		s.Turn()
		require.False(t, lock.Locked())
		require.True(t, a.IsDone())
		require.True(t, b.Canceled())
		s.Join(c)
	})
}

func TestLockCancelAndReleaseInOneCallbackGiveOneLock(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		calls, locks := 0, 0
		take := func() *loop.Task[none] {
			return s.Spawn(func(ctx context.Context) error {
				calls++
				if err := lock.Acquire(ctx); err != nil {
					return err
				}
				locks++
				return nil
			})
		}
		s.OK(lock.Acquire(s.Ctx))
		t1, t2, t3 := take(), take(), take()
		s.Turn()
		s.Soon(func() {
			t1.Cancel()
			s.OK(lock.Release())
		})
		require.ErrorIs(t, s.AwaitErr(t1), context.Canceled)
		require.Equal(t, 1, locks)
		require.Equal(t, 3, calls)
		require.True(t, t1.Canceled())
		require.True(t, t2.IsDone())

		t3.Cancel()
		s.Turn()
		require.True(t, t3.Canceled())
	})
}

func TestLockCancelBeforeReleaseWakesTheSecondWaiter(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		s.OK(lock.Acquire(s.Ctx))
		b := s.Spawn(lock.Acquire)
		s.Turn()
		require.Contains(t, lock.String(), "waiters:1")
		c := s.Spawn(lock.Acquire)
		b.Cancel()
		s.OK(lock.Release())
		s.Turn()
		require.True(t, lock.Locked(), "c jumped the queue of canceled waiters")
		require.True(t, b.Canceled())
		s.Join(c)
	})
}

func TestLockWokenAndCanceledWaiterPassesTheLockOn(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		s.OK(lock.Acquire(s.Ctx))
		b, c := s.Spawn(lock.Acquire), s.Spawn(lock.Acquire)
		s.Turn()
		s.OK(lock.Release())
		require.False(t, lock.TryAcquire(), "it is reserved for b")
		b.Cancel()
		s.Join(c)
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
		s.OK(lock.Acquire(s.Ctx))
		require.True(t, lock.Locked())
		s.OK(lock.Release())
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
					return lock.With(s.Ctx, func() error {
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
		require.ErrorIs(t, lock.With(s.Ctx, lock.Release), syncs.ErrNotLocked,
			"the function released what With releases")

		s.OK(lock.Acquire(s.Ctx))
		limit, cancel := context.WithCancelCause(s.Ctx)
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
		ended, cancel := context.WithCancel(s.Ctx)
		cancel()
		yielded := false
		s.Soon(func() { yielded = true })
		s.OK(lock.Acquire(ended))
		require.False(t, yielded)
	})
}
