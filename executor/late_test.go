package executor_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

func TestALateReportIsHeardByNobody(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{})
	heard := 0
	ctx := executor.WithProgress(t.Context(), func(int) { heard++ })
	report := executor.Func(func(ctx context.Context) (context.Context, error) {
		require.True(t, executor.Progress(ctx, 1))
		return ctx, nil
	})
	f, err := executor.Submit(ctx, p, report)
	require.NoError(t, err)
	require.False(t, executor.Progress(resultOf(t, f), 2))
	require.Equal(t, 1, heard)
}

func TestResizeAfterShutdownChangesNothing(t *testing.T) {
	p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
	require.NoError(t, err)
	give(t, p, twofold.Bind(1))
	require.NoError(t, p.Shutdown(t.Context()))
	require.NoError(t, p.Resize(3))
	require.Zero(t, p.Stats().Workers)
	require.Zero(t, p.CancelPending())
	require.NoError(t, p.ShutdownNow(t.Context()))
}

// The job waited for the end of its own pool, as long as its context allowed.
func TestCloseAllInsideAJobWaitsForTheOtherPools(t *testing.T) {
	a, err := executor.NewThreadPool(executor.ThreadConfig{})
	require.NoError(t, err)
	b, err := executor.NewThreadPool(executor.ThreadConfig{})
	require.NoError(t, err)
	call, entered, release := blocker()
	other := give(t, b, call)
	<-entered
	inside := give(t, a, executor.Action(func(context.Context) error {
		release()
		return executor.CloseAll(context.Background())
	}))
	_, err = inside.Await(t.Context())
	require.ErrorIs(t, err, executor.ErrInsideItself)
	require.True(t, other.IsDone())
	_, err = executor.Submit(t.Context(), a, twofold.Bind(1))
	require.ErrorIs(t, err, executor.ErrShutdown)
	require.NoError(t, a.Shutdown(t.Context()))
}
