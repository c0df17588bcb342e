package queue_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type none = struct{}

// A scene is the body of a test that runs as the main task of a loop.
type scene struct {
	*testing.T
	ctx context.Context
	l   *loop.Loop
}

// onLoop runs main as a task and requires that it succeeds.
func onLoop(t *testing.T, main func(s *scene)) {
	t.Helper()
	_, err := loop.Run(t.Context(), func(ctx context.Context) (none, error) {
		l, err := loop.FromContext(ctx)
		require.NoError(t, err)
		main(&scene{T: t, ctx: ctx, l: l})
		return none{}, nil
	})
	require.NoError(t, err)
}

// spawn starts a task for fn.
func (s *scene) spawn(fn func(ctx context.Context) error) *loop.Task[none] {
	return loop.CreateTask(s.ctx, func(ctx context.Context) (none, error) { return none{}, fn(ctx) })
}

// ok requires that err is nil.
func (s *scene) ok(err error) {
	s.Helper()
	require.NoError(s.T, err)
}

// turn lets everything else on the loop run once.
func (s *scene) turn() {
	s.Helper()
	s.ok(loop.Sleep(s.ctx, 0))
}

// join waits for tasks and requires that they succeed.
func (s *scene) join(tasks ...*loop.Task[none]) {
	s.Helper()
	_, err := future.Gather(tasks...).Await(s.ctx)
	s.ok(err)
}

// getter starts a task that gets one item.
func getter[T any](s *scene, q *queue.Queue[T]) *loop.Task[T] {
	return loop.CreateTask(s.ctx, q.Get)
}

// putter starts a task that puts one item.
func putter[T any](s *scene, q *queue.Queue[T], item T) *loop.Task[none] {
	return s.spawn(func(ctx context.Context) error { return q.Put(ctx, item) })
}

// result requires that the task is done and returns its result.
func result[T any](s *scene, task *loop.Task[T]) T {
	s.Helper()
	v, err := task.Result()
	s.ok(err)
	return v
}

// get requires that an item is there.
func get[T any](s *scene, q *queue.Queue[T]) T {
	s.Helper()
	v, err := q.Get(s.ctx)
	s.ok(err)
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
