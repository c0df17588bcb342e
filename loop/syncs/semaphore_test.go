package syncs_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

func semaphore(t *testing.T, value int) *syncs.Semaphore {
	t.Helper()
	sem := syncs.NewSemaphore(value)
	return sem
}

// takers returns a function that starts a task which acquires a permit and notes
// its number.
func (s *scene) takers(sem syncs.Locker, got *[]int) func(i int) *loop.Task[none] {
	return func(i int) *loop.Task[none] {
		return s.Spawn(func(ctx context.Context) error {
			if err := sem.Acquire(ctx); err != nil {
				return err
			}
			*got = append(*got, i)
			return nil
		})
	}
}

func TestSemaphoreOfZeroIsLocked(t *testing.T) {
	require.True(t, semaphore(t, 0).Locked())
	var zero syncs.Semaphore
	require.True(t, zero.Locked(), "the zero value is one too")
}

func TestSemaphoreDescribesItself(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 1)
		require.Equal(t, "<Semaphore [unlocked, value:1]>", sem.String())
		s.OK(sem.Acquire(s.Ctx))
		require.Equal(t, "<Semaphore [locked]>", sem.String())
		for i := 1; i <= 2; i++ {
			s.Spawn(sem.Acquire)
			s.Turn()
			require.Equal(t, fmt.Sprintf("<Semaphore [locked, waiters:%d]>", i), sem.String())
		}
		s.OK(sem.Release())
		s.OK(sem.Release())
		s.Turn()

		bounded := syncs.NewBoundedSemaphore(2)
		require.Equal(t, "<BoundedSemaphore [unlocked, value:2]>", bounded.String())
	})
}

func TestSemaphoreStartsWithItsPermits(t *testing.T) {
	sem := semaphore(t, 1)
	require.False(t, sem.Locked())
	require.Contains(t, sem.String(), "value:1")
}

func TestSemaphoreRefusesANegativeStart(t *testing.T) {
	require.ErrorIs(t, panicOf(func() { syncs.NewSemaphore(-1) }), syncs.ErrNegative)
	require.ErrorIs(t, panicOf(func() { syncs.NewBoundedSemaphore(-1) }), syncs.ErrNegative)
}

// panicOf returns what fn panics with.
func panicOf(fn func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	fn()
	return nil
}

func TestSemaphoreServesWaitersInOrder(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 3)
		var got []int
		take := s.takers(sem, &got)
		s.OK(sem.Acquire(s.Ctx))
		s.OK(sem.Acquire(s.Ctx))
		require.False(t, sem.Locked())

		t1, t2, t3 := take(1), take(2), take(3)
		s.Turn()
		require.Equal(t, []int{1}, got)
		require.Equal(t, "<Semaphore [locked, waiters:2]>", sem.String())
		t4 := take(4)
		s.OK(sem.Release())
		s.OK(sem.Release())
		require.True(t, sem.Locked(), "both permits are on their way")
		s.Turn()
		require.Equal(t, []int{1, 2, 3}, got)
		require.Equal(t, "<Semaphore [locked, waiters:1]>", sem.String())
		require.True(t, t1.IsDone())
		s.OK(sem.Release())
		s.Join(t2, t3, t4)
	})
}

func TestSemaphoreCanceledWaiterLeavesTheQueue(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 1)
		s.OK(sem.Acquire(s.Ctx))
		task := s.Spawn(sem.Acquire)
		s.Soon(func() { task.Cancel() })
		require.ErrorIs(t, s.AwaitErr(task), context.Canceled)
		require.Equal(t, "<Semaphore [locked]>", sem.String())
	})
}

func TestSemaphoreReleaseSkipsCanceledWaiters(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 0)
		var tasks []*loop.Task[none]
		for range 4 {
			tasks = append(tasks, s.Spawn(sem.Acquire))
		}
		s.Turn()
		tasks[0].Cancel()
		tasks[1].Cancel()
		s.OK(sem.Release())
		s.Turns(2)
		require.True(t, tasks[2].IsDone())
		require.False(t, tasks[3].IsDone())
		tasks[3].Cancel()
		s.Settle(tasks...)
	})
}

func TestSemaphoreCancelThenReleaseDoesNotHang(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 0)
		t1, t2 := s.Spawn(sem.Acquire), s.Spawn(sem.Acquire)
		s.Turn()
		t1.Cancel()
		s.OK(sem.Release())
		s.Turns(2)
		require.True(t, sem.Locked())
		require.True(t, t2.IsDone())
		s.Settle(t1)
	})
}

func TestSemaphoreWokenAndCanceledWaiterGivesThePermitBack(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 1)
		var t2 *loop.Task[none]
		t1 := s.Spawn(func(ctx context.Context) error {
			err := sem.With(ctx, func() error { return loop.Sleep(ctx, 0) })
			t2.Cancel()
			return err
		})
		t2 = s.Spawn(func(ctx context.Context) error {
			return sem.With(ctx, func() error {
				t.Error("ran in spite of the cancellation")
				return nil
			})
		})
		s.Settle(t1, t2)
		s.OK(t1.Err())
		require.True(t, t2.Canceled())
		require.True(t, sem.TryAcquire())
	})
}

func TestBoundedSemaphoreRefusesAReleaseTooMany(t *testing.T) {
	bounded := syncs.NewBoundedSemaphore(1)
	require.ErrorIs(t, bounded.Release(), syncs.ErrReleasedTooOften)
	require.True(t, bounded.TryAcquire())
	require.NoError(t, bounded.Release())
	require.ErrorIs(t, bounded.Release(), syncs.ErrReleasedTooOften)
	require.False(t, bounded.Locked())
	require.NoError(t, bounded.With(t.Context(), func() error {
		require.True(t, bounded.Locked())
		return nil
	}))
	require.False(t, bounded.Locked())
}

func TestSemaphoreReleaseWithoutWaitersFreesThePermit(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 1)
		s.OK(sem.Acquire(s.Ctx))
		require.True(t, sem.Locked())
		s.OK(sem.Release())
		require.False(t, sem.Locked())
	})
}

func TestSemaphoreUsersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		onLoop(t, func(s *scene) {
			sem := semaphore(t, 1)
			var got []string
			user := func(name string) *loop.Task[none] {
				return s.Spawn(func(ctx context.Context) error {
					for round := 1; round <= 2; round++ {
						if err := sem.Acquire(ctx); err != nil {
							return err
						}
						got = append(got, fmt.Sprintf("%s_%d", name, round))
						if err := loop.Sleep(ctx, 10*time.Millisecond); err != nil {
							return err
						}
						if err := sem.Release(); err != nil {
							return err
						}
					}
					return nil
				})
			}
			s.Join(user("c1"), user("c2"), user("c3"))
			require.Equal(t, []string{"c1_1", "c2_1", "c3_1", "c1_2", "c2_2", "c3_2"}, got)
		})
	})
}

func TestSemaphoreReleaserQueuesUpBehindTheWaiters(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 1)
		var got []int
		take := s.takers(sem, &got)
		t1 := take(1)
		t2 := s.Spawn(func(ctx context.Context) error {
			if err := sem.Acquire(ctx); err != nil {
				return err
			}
			got = append(got, 2)
			s.OK(sem.Release())
			err := sem.Acquire(ctx)
			got = append(got, 4)
			return err
		})
		t3 := take(3)
		s.Turn()
		s.OK(sem.Release())
		s.OK(sem.Release())
		s.Join(t1, t2, t3)
		require.Equal(t, []int{1, 2, 3, 4}, got)
	})
}

func TestSemaphoreServesWhoIsLeftAfterACancellation(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 0)
		var got []int
		take := s.takers(sem, &got)
		t1, t2, t3 := take(1), take(2), take(3)
		s.Turn()
		t1.Cancel()
		s.Turn()
		s.OK(sem.Release())
		s.OK(sem.Release())
		s.Settle(t1, t2, t3)
		require.Equal(t, []int{2, 3}, got)
	})
}

func TestSemaphoreWakesAllThatFitWhenAWaiterRuns(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 0)
		var got []int
		var t4 *loop.Task[none]
		t1 := s.Spawn(func(ctx context.Context) error {
			if err := sem.Acquire(ctx); err != nil {
				return err
			}
			// By now the others that queued up were woken too; a task that
			// is made here comes after them.
			t4 = s.Spawn(func(context.Context) error {
				got = append(got, 4)
				return nil
			})
			got = append(got, 1)
			return nil
		})
		t2 := s.Spawn(func(ctx context.Context) error {
			for range 3 {
				s.OK(sem.Release())
			}
			require.True(t, sem.Locked(), "t1 has not run yet")
			err := sem.Acquire(ctx)
			got = append(got, 2)
			return err
		})
		t3 := s.Spawn(func(ctx context.Context) error {
			err := sem.Acquire(ctx)
			require.True(t, sem.Locked())
			got = append(got, 3)
			return err
		})
		s.Turn()
		require.Equal(t, "<Semaphore [locked, waiters:3]>", sem.String())
		s.Turn()
		_, err := future.Gather(t1, t2, t3, t4).Await(s.Ctx)
		s.OK(err)
		require.Equal(t, []int{1, 2, 3, 4}, got)
	})
}
