package loop_test

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

// errBoom is what fails in the tests of groups and timeouts, errBang what fails
// besides.
var (
	errBoom = errors.New("boom")
	errBang = errors.New("bang")
)

// virtually runs main as the main task of a loop in a bubble.
func virtually(t *testing.T, main func(t *testing.T, ctx context.Context)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		run(t, func(ctx context.Context) { main(t, ctx) })
	})
}

// sub is t.Run of virtually.
func sub(t *testing.T, name string, main func(t *testing.T, ctx context.Context)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { virtually(t, main) })
}

// sleeper returns a body that sleeps and returns v.
func sleeper(d time.Duration, v int) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) { return v, loop.Sleep(ctx, d) }
}

// failer returns a body that sleeps and fails with err.
func failer(d time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		if canceled := loop.Sleep(ctx, d); canceled != nil {
			return canceled
		}
		return err
	}
}

// stubborn returns a body that fails with err when its sleep ends, in whatever way.
func stubborn(d time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		_ = loop.Sleep(ctx, d)
		return err
	}
}

// spawn starts a task that has no result.
func spawn(ctx context.Context, fn func(context.Context) error) *loop.Task[none] {
	return loop.CreateTask(ctx, func(ctx context.Context) (none, error) { return none{}, fn(ctx) })
}

// outcome awaits f and returns its error.
func outcome[T any](ctx context.Context, f future.Awaitable[T]) error {
	_, err := f.Future().Await(ctx)
	return err
}

// cancelAfter sleeps, requires that task is not done, cancels it and returns its
// error.
func cancelAfter[T any](t *testing.T, ctx context.Context, d time.Duration, task *loop.Task[T]) error {
	t.Helper()
	require.NoError(t, loop.Sleep(ctx, d))
	require.False(t, task.IsDone())
	require.True(t, task.Cancel())
	return outcome(ctx, task)
}

// requireErrors requires that err is a group of exactly the given errors.
func requireErrors(t *testing.T, err error, want ...error) {
	t.Helper()
	var group *loop.ErrorGroup
	require.ErrorAs(t, err, &group)
	require.Len(t, group.Errors, len(want), "%v", err)
	for i, e := range want {
		require.ErrorIs(t, group.Errors[i], e)
		require.ErrorIs(t, err, e)
	}
	require.NotErrorIs(t, err, context.Canceled)
}

// firstOf returns the first error of a group.
func firstOf(t *testing.T, err error) error {
	t.Helper()
	var group *loop.ErrorGroup
	require.ErrorAs(t, err, &group)
	return group.Errors[0]
}

func requests(ctx context.Context) int { return loop.CurrentTask(ctx).Cancelling() }

func requireCanceled(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
}

func requireTimeout(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, loop.ErrTimeout)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, context.Canceled)
}
