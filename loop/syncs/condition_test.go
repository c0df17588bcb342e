package syncs_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

// waiters returns a function that starts a task which acquires the condition, waits,
// notes its number and then calls after.
func (s *scene) waiters(cond *syncs.Condition, got *[]int, after func() error) func(i int) *loop.Task[none] {
	return func(i int) *loop.Task[none] {
		return s.Spawn(func(ctx context.Context) error {
			if err := cond.Acquire(ctx); err != nil {
				return err
			}
			if err := cond.Wait(ctx); err != nil {
				return err
			}
			*got = append(*got, i)
			return after()
		})
	}
}

func keep() error { return nil }

func (s *scene) requireDone(tasks ...*loop.Task[none]) {
	s.Helper()
	for _, task := range tasks {
		require.True(s.T, task.IsDone())
		s.OK(task.Err())
	}
}

func TestConditionWaitersGoOnOneByOneAsTheLockIsFree(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		var got []int
		wait := s.waiters(&cond, &got, keep)
		t1, t2, t3 := wait(1), wait(2), wait(3)
		s.Turn()
		require.Empty(t, got)
		require.False(t, cond.Locked())

		s.OK(cond.Acquire(s.Ctx))
		s.OK(cond.Notify(1))
		s.Turn()
		require.Empty(t, got)
		require.True(t, cond.Locked())
		s.OK(cond.Release())
		s.Turn()
		require.Equal(t, []int{1}, got)
		require.True(t, cond.Locked(), "t1 has it again")

		s.OK(cond.Notify(2))
		s.Turn()
		require.Equal(t, []int{1}, got)
		s.OK(cond.Release())
		s.Turn()
		require.Equal(t, []int{1, 2}, got)
		s.OK(cond.Release())
		s.Turn()
		require.Equal(t, []int{1, 2, 3}, got)
		require.True(t, cond.Locked())
		s.requireDone(t1, t2, t3)
	})
}

func TestConditionWaitNeedsTheLock(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		require.ErrorIs(t, cond.Wait(s.Ctx), syncs.ErrNotLocked)
	})
}

func TestConditionWaitForNeedsTheLockOnlyToWait(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		s.OK(cond.WaitFor(s.Ctx, func() bool { return true }))
		require.ErrorIs(t, cond.WaitFor(s.Ctx, func() bool { return false }), syncs.ErrNotLocked)
	})
}

func TestConditionNotifyNeedsTheLock(t *testing.T) {
	var cond syncs.Condition
	require.ErrorIs(t, cond.Notify(1), syncs.ErrNotLocked)
}

func TestConditionNotifyAllNeedsTheLock(t *testing.T) {
	var cond syncs.Condition
	require.ErrorIs(t, cond.NotifyAll(), syncs.ErrNotLocked)
	require.ErrorIs(t, cond.Release(), syncs.ErrNotLocked)
}

func TestConditionWaitForLooksAgainAfterEachNotification(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		ready := false
		var got []int
		task := s.Spawn(func(ctx context.Context) error {
			return cond.With(ctx, func() error {
				err := cond.WaitFor(ctx, func() bool { return ready })
				got = append(got, 1)
				return err
			})
		})
		notify := func() {
			s.OK(cond.With(s.Ctx, func() error { return cond.Notify(1) }))
			s.Turn()
		}
		s.Turn()
		require.Empty(t, got)
		notify()
		require.Empty(t, got)
		ready = true
		notify()
		require.Equal(t, []int{1}, got)
		s.requireDone(task)
	})
}

func TestConditionNotifyWakesSoMany(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		var got []int
		wait := s.waiters(&cond, &got, cond.Release)
		t1, t2, t3 := wait(1), wait(2), wait(3)
		s.Turn()
		require.Empty(t, got)
		s.OK(cond.With(s.Ctx, func() error { return cond.Notify(1) }))
		s.Turn()
		require.Equal(t, []int{1}, got)
		s.OK(cond.With(s.Ctx, func() error { return errors.Join(cond.Notify(1), cond.Notify(2048)) }))
		s.Turn()
		require.Equal(t, []int{1, 2, 3}, got, "each found the lock free")
		s.requireDone(t1, t2, t3)
	})
}

func TestConditionNotifyAllWakesEverybody(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		var got []int
		wait := s.waiters(&cond, &got, cond.Release)
		t1, t2 := wait(1), wait(2)
		s.Turn()
		require.Empty(t, got)
		s.OK(cond.With(s.Ctx, cond.NotifyAll))
		s.Turn()
		require.Equal(t, []int{1, 2}, got)
		s.requireDone(t1, t2)
	})
}

func TestConditionDescribesItself(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		require.Equal(t, "<Condition [unlocked]>", cond.String())
		s.OK(cond.Acquire(s.Ctx))
		require.Equal(t, "<Condition [locked]>", cond.String())
		s.OK(cond.Release())
		var got []int
		wait := s.waiters(&cond, &got, cond.Release)
		t1, t2 := wait(1), wait(2)
		s.Turn()
		require.Equal(t, "<Condition [unlocked, waiters:2]>", cond.String())
		s.OK(cond.With(s.Ctx, cond.NotifyAll))
		s.Join(t1, t2)
	})
}

func TestConditionWithHoldsTheLock(t *testing.T) {
	onLoop(t, func(s *scene) {
		var cond syncs.Condition
		require.False(t, cond.Locked())
		s.OK(cond.With(s.Ctx, func() error {
			require.True(t, cond.Locked())
			require.False(t, cond.TryAcquire())
			return nil
		}))
		require.False(t, cond.Locked())
	})
}

func TestConditionOverALockOfOnesOwn(t *testing.T) {
	onLoop(t, func(s *scene) {
		var lock syncs.Lock
		first, second := syncs.NewCondition(&lock), syncs.NewCondition(&lock)
		for _, l := range []syncs.Locker{&lock, first, second} {
			require.False(t, lock.Locked())
			s.OK(syncs.With(s.Ctx, l, func() error {
				require.True(t, lock.Locked())
				require.True(t, first.Locked())
				require.True(t, second.Locked())
				return nil
			}))
		}
		own := syncs.NewCondition(nil)
		s.OK(own.With(s.Ctx, func() error {
			require.True(t, own.Locked())
			require.False(t, lock.Locked())
			return nil
		}))
		require.False(t, own.Locked())
	})
}
