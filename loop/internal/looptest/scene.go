// Package looptest is what the tests of the packages below loop have in common: the
// scene, a test that runs as a task, and what must hold of every call that waits.
package looptest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

type none = struct{}

// A Scene is the body of a test that runs as the main task of a loop.
type Scene struct {
	*testing.T
	Ctx context.Context
	L   *loop.Loop
}

// OnLoop runs main as a task and requires that it succeeds.
func OnLoop(t *testing.T, main func(s *Scene)) {
	t.Helper()
	_, err := loop.Run(t.Context(), func(ctx context.Context) (none, error) {
		l, err := loop.FromContext(ctx)
		require.NoError(t, err)
		main(&Scene{T: t, Ctx: ctx, L: l})
		return none{}, nil
	})
	require.NoError(t, err)
}

// Spawn starts a task for fn.
func (s *Scene) Spawn(fn func(ctx context.Context) error) *loop.Task[none] {
	return loop.CreateTask(s.Ctx, func(ctx context.Context) (none, error) { return none{}, fn(ctx) })
}

// OK requires that err is nil. It is called on the main goroutine of the test or on
// a coroutine of its loop, which is the same as far as FailNow is concerned.
func (s *Scene) OK(err error) {
	s.Helper()
	require.NoError(s.T, err)
}

// Turn lets everything else on the loop run once.
func (s *Scene) Turn() { s.Helper(); s.Turns(1) }

// Turns lets everything else on the loop run, n times.
func (s *Scene) Turns(n int) {
	s.Helper()
	for range n {
		s.OK(loop.Sleep(s.Ctx, 0))
	}
}

// Soon schedules fn.
func (s *Scene) Soon(fn func()) {
	s.Helper()
	_, err := s.L.CallSoon(fn)
	s.OK(err)
}

// Join waits for tasks and requires that they succeed.
func (s *Scene) Join(tasks ...*loop.Task[none]) {
	s.Helper()
	_, err := future.Gather(tasks...).Await(s.Ctx)
	s.OK(err)
}

// Settle waits for tasks, whatever becomes of them.
func (s *Scene) Settle(tasks ...*loop.Task[none]) {
	s.Helper()
	_, err := future.GatherOutcomes(tasks...).Await(s.Ctx)
	s.OK(err)
}

// AwaitErr awaits a task and returns its error.
func (s *Scene) AwaitErr(task *loop.Task[none]) error {
	_, err := task.Await(s.Ctx)
	return err
}

// Doomed returns a loop with one task of fn that waits, which is to be closed
// under it.
func Doomed(t *testing.T, fn func(ctx context.Context) error) (doom func()) {
	t.Helper()
	l := loop.New(loop.Config{ExceptionHandler: func(*loop.Loop, loop.ExceptionContext) {}})
	loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) { return none{}, fn(ctx) })
	_, err := l.CallSoon(l.Stop)
	require.NoError(t, err)
	require.NoError(t, l.RunForever())
	return func() { require.NoError(t, l.Close()) }
}
