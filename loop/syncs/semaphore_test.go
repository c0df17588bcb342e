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
	sem, err := syncs.NewSemaphore(value)
	require.NoError(t, err)
	return sem
}

// takers returns a function that starts a task which acquires a permit and notes
// its number.
func (s *scene) takers(sem syncs.Locker, got *[]int) func(i int) *loop.Task[none] {
	return func(i int) *loop.Task[none] {
		return s.spawn(func(ctx context.Context) error {
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
		s.ok(sem.Acquire(s.ctx))
		require.Equal(t, "<Semaphore [locked]>", sem.String())
		for i := 1; i <= 2; i++ {
			s.spawn(sem.Acquire)
			s.turn()
			require.Equal(t, fmt.Sprintf("<Semaphore [locked, waiters:%d]>", i), sem.String())
		}
		s.ok(sem.Release())
		s.ok(sem.Release())
		s.turn()

		bounded, err := syncs.NewBoundedSemaphore(2)
		s.ok(err)
		require.Equal(t, "<BoundedSemaphore [unlocked, value:2]>", bounded.String())
	})
}

func TestSemaphoreStartsWithItsPermits(t *testing.T) {
	sem := semaphore(t, 1)
	require.False(t, sem.Locked())
	require.Contains(t, sem.String(), "value:1")
}

func TestSemaphoreRefusesANegativeStart(t *testing.T) {
	_, err := syncs.NewSemaphore(-1)
	require.ErrorIs(t, err, syncs.ErrNegative)
	_, err = syncs.NewBoundedSemaphore(-1)
	require.ErrorIs(t, err, syncs.ErrNegative)
}

func TestSemaphoreServesWaitersInOrder(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 3)
		var got []int
		take := s.takers(sem, &got)
		s.ok(sem.Acquire(s.ctx))
		s.ok(sem.Acquire(s.ctx))
		require.False(t, sem.Locked())

		t1, t2, t3 := take(1), take(2), take(3)
		s.turn()
		require.Equal(t, []int{1}, got)
		require.Equal(t, "<Semaphore [locked, waiters:2]>", sem.String())
		t4 := take(4)
		s.ok(sem.Release())
		s.ok(sem.Release())
		require.True(t, sem.Locked(), "both permits are on their way")
		s.turn()
		require.Equal(t, []int{1, 2, 3}, got)
		require.Equal(t, "<Semaphore [locked, waiters:1]>", sem.String())
		require.True(t, t1.IsDone())
		s.ok(sem.Release())
		s.join(t2, t3, t4)
	})
}

func TestSemaphoreCanceledWaiterLeavesTheQueue(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 1)
		s.ok(sem.Acquire(s.ctx))
		task := s.spawn(sem.Acquire)
		s.soon(func() { task.Cancel() })
		require.ErrorIs(t, s.awaitErr(task), context.Canceled)
		require.Equal(t, "<Semaphore [locked]>", sem.String())
	})
}

func TestSemaphoreReleaseSkipsCanceledWaiters(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 0)
		var tasks []*loop.Task[none]
		for range 4 {
			tasks = append(tasks, s.spawn(sem.Acquire))
		}
		s.turn()
		tasks[0].Cancel()
		tasks[1].Cancel()
		s.ok(sem.Release())
		s.turns(2)
		require.True(t, tasks[2].IsDone())
		require.False(t, tasks[3].IsDone())
		tasks[3].Cancel()
		s.settle(tasks...)
	})
}

func TestSemaphoreCancelThenReleaseDoesNotHang(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 0)
		t1, t2 := s.spawn(sem.Acquire), s.spawn(sem.Acquire)
		s.turn()
		t1.Cancel()
		s.ok(sem.Release())
		s.turns(2)
		require.True(t, sem.Locked())
		require.True(t, t2.IsDone())
		s.settle(t1)
	})
}

func TestSemaphoreWokenAndCanceledWaiterGivesThePermitBack(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 1)
		var t2 *loop.Task[none]
		t1 := s.spawn(func(ctx context.Context) error {
			err := sem.With(ctx, func() error { return loop.Sleep(ctx, 0) })
			t2.Cancel()
			return err
		})
		t2 = s.spawn(func(ctx context.Context) error {
			return sem.With(ctx, func() error {
				t.Error("ran in spite of the cancellation")
				return nil
			})
		})
		s.settle(t1, t2)
		s.ok(t1.Err())
		require.True(t, t2.Canceled())
		require.True(t, sem.TryAcquire())
	})
}

func TestBoundedSemaphoreRefusesAReleaseTooMany(t *testing.T) {
	bounded, err := syncs.NewBoundedSemaphore(1)
	require.NoError(t, err)
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
		s.ok(sem.Acquire(s.ctx))
		require.True(t, sem.Locked())
		s.ok(sem.Release())
		require.False(t, sem.Locked())
	})
}

func TestSemaphoreUsersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		onLoop(t, func(s *scene) {
			sem := semaphore(t, 1)
			var got []string
			user := func(name string) *loop.Task[none] {
				return s.spawn(func(ctx context.Context) error {
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
			s.join(user("c1"), user("c2"), user("c3"))
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
		t2 := s.spawn(func(ctx context.Context) error {
			if err := sem.Acquire(ctx); err != nil {
				return err
			}
			got = append(got, 2)
			s.ok(sem.Release())
			err := sem.Acquire(ctx)
			got = append(got, 4)
			return err
		})
		t3 := take(3)
		s.turn()
		s.ok(sem.Release())
		s.ok(sem.Release())
		s.join(t1, t2, t3)
		require.Equal(t, []int{1, 2, 3, 4}, got)
	})
}

func TestSemaphoreServesWhoIsLeftAfterACancellation(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 0)
		var got []int
		take := s.takers(sem, &got)
		t1, t2, t3 := take(1), take(2), take(3)
		s.turn()
		t1.Cancel()
		s.turn()
		s.ok(sem.Release())
		s.ok(sem.Release())
		s.settle(t1, t2, t3)
		require.Equal(t, []int{2, 3}, got)
	})
}

func TestSemaphoreWakesAllThatFitWhenAWaiterRuns(t *testing.T) {
	onLoop(t, func(s *scene) {
		sem := semaphore(t, 0)
		var got []int
		var t4 *loop.Task[none]
		t1 := s.spawn(func(ctx context.Context) error {
			if err := sem.Acquire(ctx); err != nil {
				return err
			}
			// By now the others that queued up were woken too; a task that
			// is made here comes after them.
			t4 = s.spawn(func(context.Context) error {
				got = append(got, 4)
				return nil
			})
			got = append(got, 1)
			return nil
		})
		t2 := s.spawn(func(ctx context.Context) error {
			for range 3 {
				s.ok(sem.Release())
			}
			require.True(t, sem.Locked(), "t1 has not run yet")
			err := sem.Acquire(ctx)
			got = append(got, 2)
			return err
		})
		t3 := s.spawn(func(ctx context.Context) error {
			err := sem.Acquire(ctx)
			require.True(t, sem.Locked())
			got = append(got, 3)
			return err
		})
		s.turn()
		require.Equal(t, "<Semaphore [locked, waiters:3]>", sem.String())
		s.turn()
		_, err := future.Gather(t1, t2, t3, t4).Await(s.ctx)
		s.ok(err)
		require.Equal(t, []int{1, 2, 3, 4}, got)
	})
}
