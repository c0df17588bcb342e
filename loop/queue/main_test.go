package queue_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/internal/looptest"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type none = struct{}

type scene = looptest.Scene

func onLoop(t *testing.T, main func(s *scene)) {
	t.Helper()
	looptest.OnLoop(t, main)
}

// getter starts a task that gets one item.
func getter[T any](s *scene, q *queue.Queue[T]) *loop.Task[T] {
	return loop.CreateTask(s.Ctx, q.Get)
}

// putter starts a task that puts one item.
func putter[T any](s *scene, q *queue.Queue[T], item T) *loop.Task[none] {
	return s.Spawn(func(ctx context.Context) error { return q.Put(ctx, item) })
}

// result requires that the task is done and returns its result.
func result[T any](s *scene, task *loop.Task[T]) T {
	s.Helper()
	v, err := task.Result()
	s.OK(err)
	return v
}

// get requires that an item is there.
func get[T any](s *scene, q *queue.Queue[T]) T {
	s.Helper()
	v, err := q.Get(s.Ctx)
	s.OK(err)
	return v
}

// put requires that there is room.
func put[T any](t *testing.T, q *queue.Queue[T], items ...T) {
	t.Helper()
	for _, item := range items {
		require.NoError(t, q.PutNowait(item))
	}
}

// kinds runs a test for each kind of queue, with a maximum of its choice.
func kinds(t *testing.T, test func(t *testing.T, make func(maxsize int) *queue.Queue[int])) {
	t.Helper()
	t.Run("Queue", func(t *testing.T) { test(t, queue.NewQueue[int]) })
	t.Run("PriorityQueue", func(t *testing.T) {
		test(t, func(maxsize int) *queue.Queue[int] { return &queue.NewPriorityQueue[int](maxsize).Queue })
	})
	t.Run("LifoQueue", func(t *testing.T) {
		test(t, func(maxsize int) *queue.Queue[int] { return &queue.NewLifoQueue[int](maxsize).Queue })
	})
}
