package executor_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// test_threads_terminate.
func TestShutdownEndsEveryWorker(t *testing.T) {
	p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 5})
	require.NoError(t, err)
	call, entered, release := blocker()
	for range 3 {
		give(t, p, call)
		<-entered
	}
	require.Equal(t, 3, p.Stats().Workers)
	release()
	require.NoError(t, p.Shutdown(t.Context()))
	require.Zero(t, p.Stats().Workers)
}

func TestShutdownThatTakesTooLongListsWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 2, Name: "slow"})
		require.NoError(t, err)
		call, entered, release := blocker()
		give(t, p, call.Named("first"))
		<-entered
		time.Sleep(time.Minute)
		give(t, p, call.Named("second"))
		<-entered
		give(t, p, call)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = p.Shutdown(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		var se *executor.ShutdownError
		require.ErrorAs(t, err, &se)
		require.Equal(t, 1, se.Queued)
		require.Len(t, se.Running, 2)
		require.Equal(t, "first", se.Running[0].Function)
		require.Equal(t, time.Minute+time.Second, se.Running[0].For)
		require.Equal(t, "slow_1", se.Running[1].Worker)
		require.EqualError(t, err, `executor: pool "slow" is still running 2 jobs: first for 1m1s, second for 1s; 1 have not begun: context deadline exceeded`)
		release()
		require.NoError(t, p.Shutdown(t.Context()))
	})
}

// test_cancel_futures and test_cancel_futures_wait_false.
func TestCancelPendingLeavesWhatRuns(t *testing.T) {
	p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 2})
	require.NoError(t, err)
	call, entered, release := blocker()
	var fs []*future.Future[string]
	for range 50 {
		fs = append(fs, give(t, p, call))
	}
	<-entered
	<-entered
	require.Equal(t, 48, p.CancelPending())
	require.Zero(t, p.Stats().Queued)
	for _, f := range fs[2:] {
		_, err := f.Result()
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, "pending")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, p.Shutdown(ended), context.Canceled)
	release()
	require.NoError(t, p.Shutdown(t.Context()))
	for _, f := range fs[:2] {
		resultOf(t, f)
	}
}

func TestShutdownNowEndsTheContextsOfWhatRuns(t *testing.T) {
	p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
	require.NoError(t, err)
	entered := make(chan struct{})
	running := give(t, p, executor.Func(func(ctx context.Context) (int, error) {
		close(entered)
		<-ctx.Done()
		return 0, context.Cause(ctx)
	}))
	<-entered
	queued := give(t, p, executor.Func(one))
	require.NoError(t, p.ShutdownNow(t.Context()))
	for _, f := range []*future.Future[int]{running, queued} {
		require.True(t, f.Canceled())
	}
	_, err = running.Result()
	require.ErrorIs(t, err, executor.ErrShutdown)
}

func TestAJobThatShutsItsOwnPoolDownGetsAnError(t *testing.T) {
	p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 2})
	require.NoError(t, err)
	_, err = give(t, p, executor.Action(func(ctx context.Context) error { return p.Shutdown(ctx) })).Await(t.Context())
	require.ErrorIs(t, err, executor.ErrInsideItself)
	require.NoError(t, p.Shutdown(t.Context()))
}

// test_context_manager_shutdown.
func TestADeferredShutdownWaits(t *testing.T) {
	var fs []*future.Future[int]
	func() {
		p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 5})
		require.NoError(t, err)
		defer func() { require.NoError(t, p.Shutdown(t.Context())) }()
		for range 10 {
			fs = append(fs, give(t, p, executor.Func(one)))
		}
	}()
	for _, f := range fs {
		require.True(t, f.IsDone())
	}
}

func TestSubmitCancelAndShutdownAtTheSameTimeLoseNothing(t *testing.T) {
	for range 30 {
		p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 3, MaxPending: 4})
		require.NoError(t, err)
		var wg sync.WaitGroup
		ctx := context.Background()
		for g := range 6 {
			wg.Go(func() {
				for i := range 50 {
					f, err := executor.Submit(ctx, p, executor.Func(one))
					if err != nil {
						return
					}
					if (i+g)%3 == 0 {
						f.Cancel()
					}
					_, _ = f.Await(ctx) // does not return if the job was lost
				}
			})
		}
		require.NoError(t, p.Shutdown(t.Context()))
		wg.Wait()
		s := p.Stats()
		require.Zero(t, s.Queued+s.Running+s.Workers+s.WaitingFor)
		require.Zero(t, s.Failed)
	}
}

// What begins while CancelPending looks at the queue goes on.
func TestCancelPendingLeavesAloneWhatBegins(t *testing.T) {
	for range 1000 {
		p := newPool(t, executor.ThreadConfig{Workers: 2})
		futures := make([]*future.Future[int], 0, 50)
		for range cap(futures) {
			f, err := executor.Submit(t.Context(), p, executor.Func(func(ctx context.Context) (int, error) {
				for range 20 {
					runtime.Gosched()
				}
				return 1, ctx.Err()
			}))
			require.NoError(t, err)
			futures = append(futures, f)
		}
		n := p.CancelPending()
		require.NoError(t, p.Shutdown(t.Context()))
		canceled := 0
		for _, f := range futures {
			if _, err := f.Result(); err != nil {
				canceled++
			}
		}
		require.Equal(t, n, canceled)
	}
}
