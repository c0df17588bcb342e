package executor_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// The tests of this file pin what rows of docs/reference/python-parity.md say.

// In Python a job that was canceled is done for wait only when a worker comes across it.
func TestWaitTakesACanceledQueuedJobAsDoneAtOnce(t *testing.T) {
	p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
	require.NoError(t, err)
	release := make(chan struct{})
	busy, err := executor.Submit(t.Context(), p, executor.Func(func(context.Context) (executor.None, error) {
		<-release
		return executor.None{}, nil
	}))
	require.NoError(t, err)
	queued, err := executor.Submit(t.Context(), p, executor.Func(func(context.Context) (executor.None, error) {
		t.Error("ran")
		return executor.None{}, nil
	}))
	require.NoError(t, err)
	require.True(t, queued.Cancel())
	done, pending, err := future.Wait(t.Context(), []*future.Future[executor.None]{queued, busy},
		future.WaitOptions{ReturnWhen: future.FirstCompleted})
	require.NoError(t, err)
	require.Equal(t, []*future.Future[executor.None]{queued}, done)
	require.Equal(t, []*future.Future[executor.None]{busy}, pending)
	close(release)
	require.NoError(t, p.Shutdown(t.Context()))
}

// In Python max_tasks_per_child=0 raises ValueError.
func TestNoMaxTasksMeansNoLimit(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, MaxTasks: 0, Logger: quiet})
	workers := map[int]bool{}
	for range 50 {
		worker, err := await(t, submit(t, p, pid.Bind()))
		require.NoError(t, err)
		workers[worker] = true
	}
	require.Len(t, workers, 1)
}
