package loop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func newRunner(t *testing.T, cfg loop.Config) *loop.Runner {
	t.Helper()
	r := loop.NewRunner(cfg)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func TestRunnerRunsManyMainsOnOneLoop(t *testing.T) {
	r := newRunner(t, loop.Config{})
	l, err := r.GetLoop()
	require.NoError(t, err)
	var left *loop.Task[int]
	for i := range 3 {
		v, err := loop.RunOn(t.Context(), r, func(ctx context.Context) (int, error) {
			require.Same(t, l, here(t, ctx))
			if i == 0 {
				left = loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return 9, loop.Sleep(ctx, 0) })
			} else {
				v, err := left.Await(ctx)
				require.NoError(t, err, "what one run leaves goes on in the next")
				require.Equal(t, 9, v)
			}
			return i, nil
		})
		require.NoError(t, err)
		require.Equal(t, i, v)
	}
	boom := errors.New("boom")
	require.ErrorIs(t, r.Run(t.Context(), func(context.Context) error { return boom }), boom)
	require.NoError(t, r.Run(t.Context(), func(context.Context) error { return nil }), "an error does it no harm")
}

func TestRunnerKeepsTheValuesOfTheContextItIsGiven(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "value")
	r := newRunner(t, loop.Config{})
	for range 2 {
		require.NoError(t, r.Run(ctx, func(ctx context.Context) error {
			require.Equal(t, "value", ctx.Value(key{}))
			return nil
		}))
	}
}

func TestRunnerConfiguresItsLoop(t *testing.T) {
	for _, debug := range []bool{false, true} {
		r := newRunner(t, loop.Config{Debug: debug})
		l, err := r.GetLoop()
		require.NoError(t, err)
		require.Equal(t, debug, l.GetDebug())
		require.NoError(t, r.Run(t.Context(), func(ctx context.Context) error {
			require.Equal(t, debug, here(t, ctx).GetDebug())
			return nil
		}))
	}
}

func TestRunConfiguresItsLoop(t *testing.T) {
	for _, debug := range []bool{false, true} {
		got, err := loop.RunWith(t.Context(), loop.Config{Debug: debug}, func(ctx context.Context) (bool, error) {
			return here(t, ctx).GetDebug(), nil
		})
		require.NoError(t, err)
		require.Equal(t, debug, got)
	}
}

func TestAClosedRunnerRefuses(t *testing.T) {
	r := loop.NewRunner(loop.Config{})
	l, err := r.GetLoop()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.True(t, l.IsClosed())
	require.NoError(t, r.Close(), "closing twice does nothing")
	_, err = r.GetLoop()
	require.ErrorIs(t, err, loop.ErrClosed)
	require.ErrorIs(t, r.Run(t.Context(), func(context.Context) error { return nil }), loop.ErrClosed)
}

func TestARunnerThatWasNeverUsedClosesWithoutALoop(t *testing.T) {
	r := loop.NewRunner(loop.Config{})
	require.NoError(t, r.Close())
	_, err := r.GetLoop()
	require.ErrorIs(t, err, loop.ErrClosed)
}

func TestRunnerCloseCancelsWhatIsLeft(t *testing.T) {
	r := loop.NewRunner(loop.Config{})
	var left *loop.Task[int]
	require.NoError(t, r.Run(t.Context(), func(ctx context.Context) error {
		left = loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return 0, loop.Sleep(ctx, time.Hour) })
		return loop.Sleep(ctx, 0)
	}))
	require.False(t, left.IsDone())
	require.NoError(t, r.Close())
	require.True(t, left.Canceled())
}

func TestARunnerIsRefusedInsideARunningLoop(t *testing.T) {
	r := newRunner(t, loop.Config{})
	main := func(context.Context) error { t.Error("ran"); return nil }
	require.NoError(t, r.Run(t.Context(), func(ctx context.Context) error {
		require.ErrorIs(t, r.Run(ctx, main), loop.ErrRunning)
		require.ErrorIs(t, r.Close(), loop.ErrRunning)
		_, err := loop.ToThread(ctx, func(context.Context) (none, error) {
			require.ErrorIs(t, r.Run(t.Context(), main), loop.ErrRunning, "from another goroutine")
			return none{}, nil
		}).Await(ctx)
		return err
	}))
}
