package future_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

const (
	tick = 50 * time.Millisecond
	ever = time.Hour
)

var errBang = errors.New("bang")

// A stage is where the tests of what combines futures play: the main task of a
// loop in a bubble.
type stage struct {
	*testing.T
	ctx context.Context
	l   *loop.Loop
}

// inTask runs main as a subtest on a stage.
func inTask(t *testing.T, name string, main func(s stage)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			inLoop(t, func(ctx context.Context, l *loop.Loop) { main(stage{t, ctx, l}) })
		})
	})
}

// inGoroutine runs main as a subtest in a bubble without a loop.
func inGoroutine(t *testing.T, name string, main func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, main) })
}

// task starts fn.
func (s stage) task(fn func(ctx context.Context) (string, error)) *loop.Task[string] {
	return loop.CreateTask(s.ctx, fn)
}

// sleeper starts a task that returns v after d.
func (s stage) sleeper(d time.Duration, v string) *loop.Task[string] {
	return s.task(func(ctx context.Context) (string, error) { return v, loop.Sleep(ctx, d) })
}

// failer starts a task that fails with errBoom after d.
func (s stage) failer(d time.Duration) *loop.Task[string] {
	return s.task(func(ctx context.Context) (string, error) {
		if err := loop.Sleep(ctx, d); err != nil {
			return "", err
		}
		return "", errBoom
	})
}

func (s stage) sleep(d time.Duration) {
	s.Helper()
	require.NoError(s, loop.Sleep(s.ctx, d))
}

// turns lets the loop make n iterations.
func (s stage) turns(n int) {
	s.Helper()
	for range n {
		s.sleep(0)
	}
}

func (s stage) later(d time.Duration, fn func()) {
	s.Helper()
	_, err := s.l.CallLater(d, fn)
	require.NoError(s, err)
}

// promises returns n promises of the loop.
func (s stage) promises(n int) []*future.Promise[int] {
	ps := make([]*future.Promise[int], n)
	for i := range ps {
		ps[i] = future.NewOn[int](s.l)
	}
	return ps
}

func futures(ps []*future.Promise[int]) []*future.Future[int] {
	fs := make([]*future.Future[int], len(ps))
	for i, p := range ps {
		fs[i] = p.Future()
	}
	return fs
}

// requireOutcome awaits f and requires its result.
func requireOutcome[T any](t *testing.T, ctx context.Context, want T, f future.Awaitable[T]) {
	t.Helper()
	v, err := f.Future().Await(ctx)
	require.NoError(t, err)
	require.Equal(t, want, v)
}

// requireFails awaits f and requires its error.
func requireFails[T any](t *testing.T, ctx context.Context, want error, f future.Awaitable[T]) {
	t.Helper()
	_, err := f.Future().Await(ctx)
	require.ErrorIs(t, err, want)
}

func requireTimeout(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, future.ErrTimeout)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, context.Canceled)
}

// after runs fn in a goroutine of its own once d has passed.
func after(d time.Duration, fn func()) { time.AfterFunc(d, fn) }
