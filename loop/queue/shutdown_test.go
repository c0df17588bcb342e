package queue_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
)

func TestTaskDoneTooOften(t *testing.T) {
	kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
		require.ErrorIs(t, make(0).TaskDone(), queue.ErrTaskDone)
	})
}

func TestJoinWaitsForTheWorkers(t *testing.T) {
	kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
		onLoop(t, func(s *scene) {
			q := make(0)
			want := 0
			for i := range 100 {
				put(t, q, i)
				want += i
			}
			sum, running := 0, true
			var workers []*loop.Task[none]
			for range 2 {
				workers = append(workers, s.Spawn(func(ctx context.Context) error {
					for running {
						item, err := q.Get(ctx)
						if err != nil {
							return err
						}
						sum += item
						s.OK(q.TaskDone())
					}
					return nil
				}))
			}
			s.OK(q.Join(s.Ctx))
			require.Equal(t, want, sum)
			running = false
			put(t, q, 0, 0)
			s.Join(workers...)
		})
	})
}

func TestJoinOfAnEmptyQueueReturnsAtOnce(t *testing.T) {
	kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
		onLoop(t, func(s *scene) {
			q := make(0)
			s.OK(q.Join(s.Ctx))
			s.OK(q.Join(s.Ctx))
		})
	})
}

func TestJoinIsOverEvenIfItemsComeAfterIt(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		put(t, &q, 1)
		join := s.Spawn(q.Join)
		s.Turn()
		s.OK(q.TaskDone())
		put(t, &q, 2)
		s.Turn()
		require.True(t, join.IsDone())
		s.OK(join.Err())
	})
}

func TestQueueTellsItsUnfinishedTasks(t *testing.T) {
	kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
		q := make(0)
		require.Contains(t, q.String(), " maxsize=0>")
		put(t, q, 1, 2)
		for range 2 {
			_, err := q.GetNowait()
			require.NoError(t, err)
		}
		require.Contains(t, q.String(), " maxsize=0 tasks=2>")
	})
}

func TestQueueTellsThatItIsShutDown(t *testing.T) {
	kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
		q := make(0)
		q.Shutdown(false)
		require.Contains(t, q.String(), " maxsize=0 shutdown>")
	})
}

// requireShut requires that the queue refuses puts and gets.
func requireShut(s *scene, q *queue.Queue[int]) {
	s.Helper()
	require.ErrorIs(s.T, q.Put(s.Ctx, 9), queue.ErrShutdown)
	require.ErrorIs(s.T, q.PutNowait(9), queue.ErrShutdown)
	_, err := q.Get(s.Ctx)
	require.ErrorIs(s.T, err, queue.ErrShutdown)
	_, err = q.GetNowait()
	require.ErrorIs(s.T, err, queue.ErrShutdown)
}

func TestShutdownOfAnEmptyQueue(t *testing.T) {
	kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
		onLoop(t, func(s *scene) {
			q := make(0)
			g := getter(s, q)
			s.Turn()
			q.Shutdown(false)
			require.Zero(t, q.Qsize())
			s.OK(q.Join(s.Ctx))
			s.Turn()
			require.True(t, g.IsDone())
			require.ErrorIs(t, g.Err(), queue.ErrShutdown)
			requireShut(s, q)
		})
	})
}

func TestShutdownLetsGettersDrainTheQueue(t *testing.T) {
	kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
		onLoop(t, func(s *scene) {
			q := make(1)
			put(t, q, 1)
			join := s.Spawn(q.Join)
			p := putter(s, q, 2)
			s.Turn()
			require.False(t, p.IsDone())

			q.Shutdown(false)
			require.Equal(t, 1, q.Qsize())
			s.Turn()
			require.True(t, p.IsDone())
			require.ErrorIs(t, p.Err(), queue.ErrShutdown)
			require.ErrorIs(t, q.Put(s.Ctx, 3), queue.ErrShutdown, "the queue is full, and yet nobody waits")
			require.Equal(t, 1, get(s, q))
			s.Turn()
			require.False(t, join.IsDone())
			requireShut(s, q)

			s.OK(q.TaskDone())
			s.Turn()
			require.True(t, join.IsDone())
			s.OK(join.Err())
			require.ErrorIs(t, q.TaskDone(), queue.ErrTaskDone)
		})
	})
}

func TestShutdownImmediateDropsTheItems(t *testing.T) {
	kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
		onLoop(t, func(s *scene) {
			q := make(0)
			put(t, q, 1)
			join := s.Spawn(q.Join)
			s.Turn()
			q.Shutdown(true)
			require.Zero(t, q.Qsize())
			s.Turn()
			require.True(t, join.IsDone())
			s.OK(join.Err())
			requireShut(s, q)
			require.ErrorIs(t, q.TaskDone(), queue.ErrTaskDone)
		})
	})
}

func TestShutdownImmediateLeavesWhatIsInWork(t *testing.T) {
	kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
		onLoop(t, func(s *scene) {
			q := make(0)
			put(t, q, 1, 1)
			join := s.Spawn(q.Join)
			require.Equal(t, 1, get(s, q))
			q.Shutdown(true)
			require.Zero(t, q.Qsize())
			s.Turn()
			require.False(t, join.IsDone())
			requireShut(s, q)
			s.OK(q.TaskDone())
			require.ErrorIs(t, q.TaskDone(), queue.ErrTaskDone)
			s.Turn()
			require.True(t, join.IsDone())
			s.OK(join.Err())
		})
	})
}

func TestAllEndsWithTheQueue(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		var got []int
		consumer := s.Spawn(func(ctx context.Context) error {
			for item, err := range q.All(ctx) {
				if err != nil {
					return err
				}
				got = append(got, item)
			}
			return nil
		})
		put(t, &q, 1, 2)
		s.Turn()
		put(t, &q, 3)
		q.Shutdown(false)
		s.Join(consumer)
		require.Equal(t, []int{1, 2, 3}, got)
	})
}

func TestAllYieldsACancellationAndEnds(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		yields := 0
		consumer := s.Spawn(func(ctx context.Context) error {
			var last error
			for _, err := range q.All(ctx) {
				yields++
				last = err
			}
			return last
		})
		s.Turn()
		consumer.Cancel()
		_, err := consumer.Await(s.Ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 1, yields)
	})
}

func TestAllStopsWhenTheConsumerBreaks(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		put(t, &q, 1, 2)
		for item, err := range q.All(s.Ctx) {
			s.OK(err)
			require.Equal(t, 1, item)
			break
		}
		require.Equal(t, 1, q.Qsize())
	})
}
