package syncs_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
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

// ok requires that err is nil. It is called on the main goroutine of the test or on
// a coroutine of its loop, which is the same as far as FailNow is concerned.
func (s *scene) ok(err error) {
	s.Helper()
	require.NoError(s.T, err)
}

// turns lets everything else on the loop run, n times.
func (s *scene) turns(n int) {
	s.Helper()
	for range n {
		s.ok(loop.Sleep(s.ctx, 0))
	}
}

func (s *scene) turn() { s.Helper(); s.turns(1) }

// soon schedules fn.
func (s *scene) soon(fn func()) {
	s.Helper()
	_, err := s.l.CallSoon(fn)
	s.ok(err)
}

// join waits for tasks and requires that they succeed.
func (s *scene) join(tasks ...*loop.Task[none]) {
	s.Helper()
	_, err := future.Gather(tasks...).Await(s.ctx)
	s.ok(err)
}

// settle waits for tasks, whatever becomes of them.
func (s *scene) settle(tasks ...*loop.Task[none]) {
	s.Helper()
	_, err := future.GatherOutcomes(tasks...).Await(s.ctx)
	s.ok(err)
}

// awaitErr awaits a task and returns its error.
func (s *scene) awaitErr(task *loop.Task[none]) error {
	_, err := task.Await(s.ctx)
	return err
}
