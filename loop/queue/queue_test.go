package queue_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
)

func TestQueueDescribesItself(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		require.Equal(t, "<Queue maxsize=0>", q.String())
		g := getter(s, &q)
		s.Turn()
		require.Equal(t, "<Queue maxsize=0 getters[1]>", q.String())
		put(t, &q, 0)
		require.Equal(t, "<Queue maxsize=0 items=[0] tasks=1>", q.String())
		s.Turn()
		require.Zero(t, result(s, g))

		bounded := queue.NewQueue[int](1)
		put(t, bounded, 1)
		p := putter(s, bounded, 2)
		s.Turn()
		require.Equal(t, "<Queue maxsize=1 items=[1] putters[1] tasks=1>", bounded.String())
		require.Equal(t, 1, get(s, bounded))
		s.Join(p)
		require.Equal(t, "<LifoQueue maxsize=3>", queue.NewLifoQueue[int](3).String())
	})
}

func TestQueuePrintsItsItems(t *testing.T) {
	var q queue.Queue[int]
	put(t, &q, 1, 2)
	require.Equal(t, "<Queue maxsize=0 items=[1 2] tasks=2>", fmt.Sprint(&q))
	pq := queue.NewPriorityQueue[int](0)
	put(t, &pq.Queue, 2, 1)
	require.Equal(t, "<PriorityQueue maxsize=0 items=[1 2] tasks=2>", fmt.Sprint(pq))
}

func TestQueueEmpty(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		require.True(t, q.Empty())
		s.OK(q.Put(s.Ctx, 1))
		require.False(t, q.Empty())
		require.Equal(t, 1, get(s, &q))
		require.True(t, q.Empty())
	})
}

func TestQueueFull(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		require.False(t, q.Full())
		bounded := queue.NewQueue[int](1)
		require.False(t, bounded.Full())
		s.OK(bounded.Put(s.Ctx, 1))
		require.True(t, bounded.Full())
	})
}

func TestQueueHandsOutTheOldestFirst(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		for _, i := range []int{1, 3, 2} {
			s.OK(q.Put(s.Ctx, i))
		}
		require.Equal(t, []int{1, 3, 2}, []int{get(s, &q), get(s, &q), get(s, &q)})
	})
}

func TestLifoQueueHandsOutTheNewestFirst(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := &queue.NewLifoQueue[int](0).Queue
		for _, i := range []int{1, 3, 2} {
			s.OK(q.Put(s.Ctx, i))
		}
		require.Equal(t, []int{2, 3, 1}, []int{get(s, q), get(s, q), get(s, q)})
	})
}

func TestPriorityQueueHandsOutTheSmallestFirst(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := &queue.NewPriorityQueue[int](0).Queue
		for _, i := range []int{1, 3, 2} {
			s.OK(q.Put(s.Ctx, i))
		}
		require.Equal(t, []int{1, 2, 3}, []int{get(s, q), get(s, q), get(s, q)})
	})
}

func TestPriorityQueueHandsOutEqualItemsInTheirOrder(t *testing.T) {
	onLoop(t, func(s *scene) {
		type job struct{ priority, number int }
		q := &queue.NewPriorityQueueFunc(0, func(a, b job) int { return a.priority - b.priority }).Queue
		for i := range 100 {
			put(t, q, job{priority: i % 3, number: i})
		}
		last := job{-1, -1}
		for range 100 {
			next := get(s, q)
			if next.priority == last.priority {
				require.Greater(t, next.number, last.number)
			} else {
				require.Greater(t, next.priority, last.priority)
			}
			last = next
		}
	})
}

func TestQueueHoldsAtMostMaxsize(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := queue.NewQueue[int](2)
		require.Equal(t, 2, q.Maxsize())
		var done []int
		task := s.Spawn(func(ctx context.Context) error {
			for i := range 3 {
				if err := q.Put(ctx, i); err != nil {
					return err
				}
				done = append(done, i)
			}
			return nil
		})
		s.Turn()
		s.Turn()
		require.Equal(t, []int{0, 1}, done)
		require.Equal(t, 0, get(s, q))
		s.Turn()
		require.Equal(t, []int{0, 1, 2}, done)
		require.Equal(t, 1, get(s, q))
		require.Equal(t, 2, get(s, q))
		require.True(t, task.IsDone())
		s.OK(task.Err())
	})
}
