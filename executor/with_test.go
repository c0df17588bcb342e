package executor_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestWithAPoolShutsItDownWhenTheBodyHasReturned(t *testing.T) {
	var threads *executor.ThreadPool
	var f *future.Future[string]
	call, entered, release := blocker()
	err := executor.WithThreadPool(t.Context(), executor.ThreadConfig{Workers: 1}, func(p *executor.ThreadPool) error {
		threads = p
		f = give(t, p, call)
		<-entered
		release()
		return errTest
	})
	require.Equal(t, errTest, err, "as it is")
	require.True(t, f.IsDone(), "what was accepted is finished")
	_, err = executor.Run(t.Context(), threads, twofold.Bind(1))
	require.ErrorIs(t, err, executor.ErrShutdown)

	var processes *executor.ProcessPool
	require.NoError(t, executor.WithProcessPool(t.Context(), executor.ProcessConfig{Workers: 1}, func(p *executor.ProcessPool) error {
		processes = p
		v, err := executor.Run(t.Context(), p, twofold.Bind(1))
		require.Equal(t, 2, v)
		return err
	}))
	require.Zero(t, processes.Stats().Workers)
}

func TestWithAPoolThatCannotBeMadeCallsNoBody(t *testing.T) {
	never := func() error { t.Error("called"); return nil }
	var bad *executor.ConfigError
	err := executor.WithThreadPool(t.Context(), executor.ThreadConfig{Workers: -1}, func(*executor.ThreadPool) error { return never() })
	require.ErrorAs(t, err, &bad)
	err = executor.WithProcessPool(t.Context(), executor.ProcessConfig{Workers: -1}, func(*executor.ProcessPool) error { return never() })
	require.ErrorAs(t, err, &bad)
}

func TestWithAPoolShutsItDownAfterAPanic(t *testing.T) {
	var pool *executor.ThreadPool
	require.PanicsWithValue(t, "boom", func() {
		_ = executor.WithThreadPool(t.Context(), executor.ThreadConfig{}, func(p *executor.ThreadPool) error {
			pool = p
			panic("boom")
		})
	})
	_, err := executor.Run(t.Context(), pool, twofold.Bind(1))
	require.ErrorIs(t, err, executor.ErrShutdown)
}

// The work of a task that is canceled in the body is waited for, although the task's
// context is done.
func TestWithAPoolWaitsInACanceledTask(t *testing.T) {
	call, began, ended := workUntilCanceled()
	onLoop(t, func(ctx context.Context) error {
		task := loop.Spawn(ctx, func(ctx context.Context) error {
			return executor.WithThreadPool(ctx, executor.ThreadConfig{}, func(p *executor.ThreadPool) error {
				_, err := executor.Run(ctx, p, call)
				return err
			})
		})
		if _, err := loop.ToThread(ctx, func(context.Context) (loop.None, error) { <-began; return loop.None{}, nil }).Await(ctx); err != nil {
			return err
		}
		task.Cancel()
		_, err := task.Await(ctx)
		require.True(t, future.IsCanceled(err))
		select {
		case <-ended:
		default:
			t.Error("the task did not wait for its pool")
		}
		return nil
	})
}
