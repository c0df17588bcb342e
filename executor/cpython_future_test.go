package executor_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// Ports of Lib/test/test_concurrent_futures/test_future.py and of the cases of
// test_thread_pool.py, test_wait.py and executor.py that need a thread pool. Each
// subtest has the name of its original.

func pendingFuture() *future.Promise[int] { return future.New[int]() }

func runningFuture(t *testing.T) *future.Promise[int] {
	t.Helper()
	p := future.New[int]()
	require.True(t, p.SetRunning())
	return p
}

func canceledFuture() *future.Promise[int] {
	p := future.New[int]()
	p.Future().Cancel()
	return p
}

func failedFuture(t *testing.T) *future.Promise[int] {
	t.Helper()
	p := future.New[int]()
	require.NoError(t, p.SetError(errTest))
	return p
}

func finishedFuture(t *testing.T) *future.Promise[int] {
	t.Helper()
	p := future.New[int]()
	require.NoError(t, p.SetResult(42))
	return p
}

// inRunning returns the promise of a future that an executor made, and that runs.
// Cancel refuses it, as that of a bare promise need not.
func inRunning(t *testing.T) (*future.Future[int], *executor.Job) {
	t.Helper()
	f, j := take(t, t.Context(), executor.Func(one))
	require.True(t, j.Start())
	return f, j
}

func TestCPythonFutureDoneCallback(t *testing.T) {
	t.Run("with_result", func(t *testing.T) {
		p, got := pendingFuture(), 0
		p.Future().AddDoneCallback(func(f *future.Future[int]) { got, _ = f.Result() })
		require.NoError(t, p.SetResult(5))
		require.Equal(t, 5, got)
	})
	t.Run("with_exception", func(t *testing.T) {
		p := pendingFuture()
		var got error
		p.Future().AddDoneCallback(func(f *future.Future[int]) { got = f.Err() })
		require.NoError(t, p.SetError(errTest))
		require.Equal(t, errTest, got)
	})
	t.Run("with_cancel", func(t *testing.T) {
		p, was := pendingFuture(), false
		p.Future().AddDoneCallback(func(f *future.Future[int]) { was = f.Canceled() })
		require.True(t, p.Future().Cancel())
		require.True(t, was)
	})
	t.Run("raises", func(t *testing.T) {
		p := pendingFuture()
		var called []string
		p.Future().OnDone(func() { called = append(called, "raising"); panic("doh!") })
		p.Future().OnDone(func() { called = append(called, "fine") })
		require.NoError(t, p.SetResult(5))
		require.Equal(t, []string{"raising", "fine"}, called)
	})
	t.Run("already_successful", func(t *testing.T) {
		got := 0
		finishedFuture(t).Future().AddDoneCallback(func(f *future.Future[int]) { got, _ = f.Result() })
		require.Equal(t, 42, got)
	})
	t.Run("already_failed", func(t *testing.T) {
		var got error
		failedFuture(t).Future().AddDoneCallback(func(f *future.Future[int]) { got = f.Err() })
		require.Equal(t, errTest, got)
	})
	t.Run("already_cancelled", func(t *testing.T) {
		was := false
		canceledFuture().Future().AddDoneCallback(func(f *future.Future[int]) { was = f.Canceled() })
		require.True(t, was)
	})
	t.Run("raises_already_succeeded", func(t *testing.T) {
		p := finishedFuture(t)
		require.NotPanics(t, func() { p.Future().OnDone(func() { panic("doh!") }) })
	})
}

func TestCPythonFuture(t *testing.T) {
	t.Run("test_repr", func(t *testing.T) {
		require.Regexp(t, "pending", pendingFuture().Future().String())
		require.Regexp(t, "running", runningFuture(t).Future().String())
		require.Regexp(t, "canceled", canceledFuture().Future().String())
		require.Regexp(t, "finished error", failedFuture(t).Future().String())
		require.Regexp(t, "finished result", finishedFuture(t).Future().String())
	})
	t.Run("test_cancel", func(t *testing.T) {
		f1, f2, f3, f5 := pendingFuture().Future(), canceledFuture().Future(), failedFuture(t).Future(), finishedFuture(t).Future()
		require.True(t, f1.Cancel())
		require.True(t, f1.Canceled())
		require.True(t, f2.Cancel())
		require.True(t, f2.Canceled())
		require.False(t, f3.Cancel())
		require.Equal(t, future.StateFinished, f3.State())
		require.False(t, f5.Cancel())
		require.Equal(t, future.StateFinished, f5.State())
		f4, _ := inRunning(t)
		require.False(t, f4.Cancel())
		require.Equal(t, future.StateRunning, f4.State())
	})
	t.Run("test_cancelled, test_done, test_running", func(t *testing.T) {
		for _, c := range []struct {
			p                       *future.Promise[int]
			canceled, done, running bool
		}{
			{pendingFuture(), false, false, false},
			{runningFuture(t), false, false, true},
			{canceledFuture(), true, true, false},
			{failedFuture(t), false, true, false},
			{finishedFuture(t), false, true, false},
		} {
			f := c.p.Future()
			require.Equal(t, c.canceled, f.Canceled(), f)
			require.Equal(t, c.done, f.IsDone(), f)
			require.Equal(t, c.running, f.Running(), f)
		}
	})
	t.Run("test_result_with_timeout, test_exception_with_timeout", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		defer cancel()
		<-ctx.Done()
		for _, p := range []*future.Promise[int]{pendingFuture(), runningFuture(t)} {
			_, err := p.Future().Await(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NoError(t, p.SetResult(1), "the wait that gave up has not touched it")
		}
		_, err := canceledFuture().Future().Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		_, err = failedFuture(t).Future().Await(ctx)
		require.Equal(t, errTest, err)
		v, err := finishedFuture(t).Future().Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 42, v)
	})
	t.Run("test_result_with_success, test_exception_with_success", func(t *testing.T) {
		for _, err := range []error{nil, errTest} {
			p := pendingFuture()
			waiting := make(chan struct{})
			go func() {
				<-waiting
				p.Settle(42, err)
			}()
			close(waiting)
			v, got := p.Future().Await(t.Context())
			require.Equal(t, err, got)
			if err == nil {
				require.Equal(t, 42, v)
			}
		}
	})
	t.Run("test_result_with_cancel", func(t *testing.T) {
		p := pendingFuture()
		go p.Future().Cancel()
		_, err := p.Future().Await(t.Context())
		require.True(t, future.IsCanceled(err))
	})
	t.Run("test_multiple_set_result", func(t *testing.T) {
		p := pendingFuture()
		require.NoError(t, p.SetResult(1))
		require.ErrorIs(t, p.SetResult(2), future.ErrInvalidState)
		require.Equal(t, 1, resultOf(t, p.Future()))
	})
	t.Run("test_multiple_set_exception", func(t *testing.T) {
		p := pendingFuture()
		require.NoError(t, p.SetError(errTest))
		require.ErrorIs(t, p.SetError(fmt.Errorf("another")), future.ErrInvalidState)
		require.Equal(t, errTest, p.Future().Err())
	})
}

func TestCPythonThreadPool(t *testing.T) {
	t.Run("test_map_submits_without_iteration", func(t *testing.T) {
		p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 5})
		require.NoError(t, err)
		var mu sync.Mutex
		var finished []int
		record := executor.Each(func(_ context.Context, n int) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			finished = append(finished, n)
			return n, nil
		})
		executor.Map(t.Context(), p, record, slices.Values([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), executor.MapOptions{Window: -1})
		require.NoError(t, p.Shutdown(t.Context()))
		require.ElementsMatch(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, finished)
	})
	t.Run("test_executor_map_current_future_cancel", func(t *testing.T) {
		p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
		require.NoError(t, err)
		var log []string // only one job can run
		stop, entered := make(chan struct{}), make(chan struct{}, 3)
		logAndWait := executor.Each(func(_ context.Context, ident string) (int, error) {
			log = append(log, ident+" started")
			entered <- struct{}{}
			<-stop
			log = append(log, ident+" stopped")
			return 0, nil
		})
		first := give(t, p, logAndWait("first"))
		<-entered
		var errs []error
		for _, err := range executor.Map(t.Context(), p, logAndWait, slices.Values([]string{"second", "third"}), executor.MapOptions{Timeout: time.Nanosecond, Window: -1}) {
			errs = append(errs, err)
		}
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], future.ErrTimeout)
		close(stop)
		resultOf(t, first)
		require.NoError(t, p.Shutdown(t.Context()))
		require.Equal(t, []string{"first started", "first stopped"}, log)
	})
	t.Run("test_pending_calls_race", func(t *testing.T) {
		p := newPool(t, executor.ThreadConfig{})
		event := make(chan struct{})
		var fs []*future.Future[executor.None]
		for range 100 {
			fs = append(fs, give(t, p, executor.Action(func(context.Context) error { <-event; return nil })))
		}
		close(event)
		done, pending, err := future.Wait(t.Context(), fs, future.WaitOptions{})
		require.NoError(t, err)
		require.Len(t, done, 100)
		require.Empty(t, pending)
	})
}
