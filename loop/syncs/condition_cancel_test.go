package syncs_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

func TestConditionCanceledWaitHoldsTheLockAgain(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		s.OK(cond.Acquire(s.Ctx))
		wait := s.Spawn(cond.Wait)
		s.Soon(func() { wait.Cancel() })
		require.ErrorIs(t, s.AwaitErr(wait), context.Canceled)
		require.Equal(t, "<Condition [locked]>", cond.String())
	})
}

func TestConditionCancelWhileTheLockIsContestedStillEndsWithTheLock(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		s.OK(cond.Acquire(s.Ctx))
		wait := s.Spawn(cond.Wait)
		s.Turn()
		require.False(t, cond.Locked())

		s.OK(cond.Acquire(s.Ctx))
		s.OK(cond.Notify(1))
		s.Soon(func() { wait.Cancel() })
		s.Soon(func() { s.OK(cond.Release()) })
		s.Settle(wait)
		require.True(t, cond.Locked())
	})
}

func TestConditionCancelAfterNotifyIsNotLost(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		waited := false
		waiter := s.Spawn(func(ctx context.Context) error {
			return cond.With(ctx, func() error {
				waited = true
				return cond.Wait(ctx)
			})
		})
		s.Turn()
		s.OK(cond.Acquire(s.Ctx))
		s.OK(cond.Notify(1))
		s.Turn() // it waits for the lock now
		waiter.Cancel()
		s.Turn()
		require.False(t, waiter.IsDone(), "it cannot leave without the lock")
		s.OK(cond.Release())
		s.Turn()
		require.True(t, waiter.Canceled())
		require.True(t, waited)
		require.False(t, cond.Locked())
	})
}

func TestConditionTimeoutInsideTheBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		onLoop(t, func(s *scene) {
			var cond syncs.Condition
			s.OK(cond.With(s.Ctx, func() error {
				limit, cancel := context.WithTimeout(s.Ctx, 500*time.Millisecond)
				defer cancel()
				require.ErrorIs(t, cond.Wait(limit), context.DeadlineExceeded)
				require.True(t, cond.Locked())
				err := loop.Timeout(s.Ctx, 500*time.Millisecond, cond.Wait)
				require.ErrorIs(t, err, loop.ErrTimeout)
				require.True(t, cond.Locked())
				return nil
			}))
			require.Equal(t, "<Condition [unlocked]>", cond.String())
		})
	})
}

// canceledWait cancels a task in Condition.WaitFor, at the point where meet leaves
// it, and requires that the task's error is the one that WaitFor returned.
func canceledWait(t *testing.T, meet func(s *scene, cond *syncs.Condition)) {
	t.Helper()
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		var raised error
		foo := errors.New("foo")
		ready := false
		task := s.Spawn(func(ctx context.Context) error {
			return cond.With(ctx, func() error {
				raised = cond.WaitFor(ctx, func() bool { return ready })
				return raised
			})
		})
		s.Turn()
		if meet != nil {
			meet(s, &cond)
			ready = true
		}
		task.CancelCause(foo)
		if meet != nil {
			s.OK(cond.Release())
		}
		err := s.AwaitErr(task)
		require.ErrorIs(t, err, foo)
		require.ErrorIs(t, err, context.Canceled)
		require.Same(t, raised, err)
	})
}

func TestConditionCancellationInTheWaitComesOutUnchanged(t *testing.T) {
	canceledWait(t, nil)
}

func TestConditionCancellationWhileTakingTheLockAgainComesOutUnchanged(t *testing.T) {
	canceledWait(t, func(s *scene, cond *syncs.Condition) {
		s.OK(cond.Acquire(s.Ctx))
		s.OK(cond.Notify(1))
		s.Turn() // it waits for the lock now
	})
}

// notifiedAndCanceled notifies one of two consumers of one item, cancels it after
// before, and requires that the other consumes the item.
func notifiedAndCanceled(t *testing.T, before func(s *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		onLoop(t, func(s *scene) {
			var cond syncs.Condition
			state := 0
			var consumers []*loop.Task[none]
			for range 2 {
				consumers = append(consumers, s.Spawn(func(ctx context.Context) error {
					return cond.With(ctx, func() error {
						for {
							if err := cond.WaitFor(ctx, func() bool { return state != 0 }); err != nil {
								return err
							}
							if state < 0 {
								return nil
							}
							state--
						}
					})
				}))
			}
			s.Turn()
			s.OK(cond.With(s.Ctx, func() error {
				state++
				s.OK(cond.Notify(1))
				before(s)
				consumers[0].Cancel()
				limit, cancel := context.WithTimeout(s.Ctx, 10*time.Millisecond)
				defer cancel()
				err := cond.WaitFor(limit, func() bool { return state == 0 })
				require.Equal(t, 0, state, "the notification was lost")
				// The second consumer notifies none, so main may have
				// waited until its limit.
				if err != nil {
					require.ErrorIs(t, err, context.DeadlineExceeded)
				}
				state = -1
				return cond.NotifyAll()
			}))
			s.Join(consumers[1])
			require.True(t, consumers[0].Canceled())
		})
	})
}

func TestConditionNotificationOfACanceledWaiterGoesToAnother(t *testing.T) {
	notifiedAndCanceled(t, func(*scene) {})
}

func TestConditionNotificationIsPassedOnWhenCanceledAtTheLock(t *testing.T) {
	notifiedAndCanceled(t, func(s *scene) { s.Turn() })
}

func TestConditionReturnsTheLastOfSeveralCancellations(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		first, last := errors.New("first"), errors.New("last")
		task := s.Spawn(func(ctx context.Context) error {
			return cond.With(ctx, func() error { return cond.Wait(ctx) })
		})
		s.Turn()
		s.OK(cond.Acquire(s.Ctx))
		for _, cause := range []error{first, errors.New("second"), last} {
			task.CancelCause(cause)
			s.Turns(3)
			require.False(t, task.IsDone())
		}
		s.OK(cond.Release())
		err := s.AwaitErr(task)
		require.ErrorIs(t, err, last)
		require.NotErrorIs(t, err, first)
		require.False(t, cond.Locked())
	})
}
