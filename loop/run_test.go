package loop_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestRunReturnsWhatMainReturned(t *testing.T) {
	v, err := loop.Run(t.Context(), func(context.Context) (int, error) { return 3, nil })
	require.NoError(t, err)
	require.Equal(t, 3, v)
	boom := errors.New("boom")
	_, err = loop.Run(t.Context(), func(context.Context) (int, error) { return 0, boom })
	require.ErrorIs(t, err, boom)
}

func TestRunCancelsWhatIsLeftAndWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		start := time.Now()
		run(t, func(ctx context.Context) {
			loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
				err := loop.Sleep(ctx, time.Hour)
				order = append(order, "canceled")
				_ = loop.Sleep(context.WithoutCancel(ctx), time.Second)
				order = append(order, "cleaned up")
				return 0, err
			})
			require.NoError(t, loop.Sleep(ctx, 0))
			order = append(order, "main ends")
		})
		require.Equal(t, []string{"main ends", "canceled", "cleaned up"}, order)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestRunReportsErrorsOfLeftovers(t *testing.T) {
	var reported []loop.ExceptionContext
	boom := errors.New("boom")
	v, err := loop.RunWith(t.Context(), loop.Config{
		ExceptionHandler: func(_ *loop.Loop, ec loop.ExceptionContext) { reported = append(reported, ec) },
	}, func(ctx context.Context) (int, error) {
		loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			_ = loop.Sleep(ctx, time.Hour)
			return 0, boom
		}, loop.WithName("leftover"))
		return 1, loop.Sleep(ctx, 0)
	})
	require.NoError(t, err)
	require.Equal(t, 1, v)
	require.Len(t, reported, 1)
	require.Equal(t, "leftover", reported[0].Task)
	require.ErrorIs(t, reported[0].Err, boom)
}

func TestRunInsideALoopIsRefused(t *testing.T) {
	run(t, func(ctx context.Context) {
		_, err := loop.Run(ctx, func(context.Context) (int, error) {
			t.Error("ran")
			return 0, nil
		})
		require.ErrorIs(t, err, loop.ErrRunning)
		require.NoError(t, loop.Sleep(ctx, 0), "the refusal does no harm")
	})
}

func TestTheEndOfRunsContextCancelsMain(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	_, err := loop.Run(ctx, func(ctx context.Context) (int, error) {
		cancel(enough)
		err := loop.Sleep(ctx, time.Hour)
		require.ErrorIs(t, err, context.Canceled)
		return 0, err
	})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, enough)
}
