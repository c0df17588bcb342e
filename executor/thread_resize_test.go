package executor_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime/pprof"
	"runtime/trace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestResizeStartsQueuedJobsAndSendsIdleWorkersAway(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})
	call, entered, release := blocker()
	for range 3 {
		give(t, p, call)
	}
	<-entered
	require.Equal(t, 2, p.Stats().Queued)
	require.NoError(t, p.Resize(3))
	<-entered
	<-entered
	require.Equal(t, 3, p.Stats().Running)
	release()
	require.Eventually(t, func() bool { return p.Stats().Idle == 3 }, patience, tick)
	require.NoError(t, p.Resize(1))
	require.Eventually(t, func() bool { return p.Stats().Workers == 1 }, patience, tick)
	require.Equal(t, 1, p.Stats().MaxWorkers)
	require.Equal(t, 1, resultOf(t, give(t, p, executor.Func(one))))
	require.ErrorContains(t, p.Resize(0), "workers is 0")
}

func TestABusyWorkerTooManyLeavesAfterItsJob(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 3})
	call, entered, release := blocker()
	for range 3 {
		give(t, p, call)
		<-entered
	}
	require.NoError(t, p.Resize(1))
	release()
	require.Eventually(t, func() bool { return p.Stats().Workers == 1 }, patience, tick)
}

func TestJobsThatWaitLongAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log exampletest.Buffer
		p := newPool(t, executor.ThreadConfig{Name: "busy", Workers: 1, WarnAfter: time.Minute, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		call, entered, release := blocker()
		give(t, p, call.Named("culprit"))
		<-entered
		give(t, p, executor.Func(one).Named("victim"))
		time.Sleep(59 * time.Second)
		require.Zero(t, log.Count("wait long"))
		time.Sleep(2 * time.Second)
		require.Equal(t, 1, log.Count("wait long"))
		require.Equal(t, 1, log.Count("next=victim"))
		require.Equal(t, 1, log.Count(`longest="culprit for 1m0s"`))
		time.Sleep(time.Minute)
		require.Equal(t, 2, log.Count("wait long"), "again after each such time")
		release()
		synctest.Wait()
		time.Sleep(time.Hour)
		require.Equal(t, 2, log.Count("wait long"))
		last := give(t, p, executor.Func(one))
		resultOf(t, last)
	})
}

// Others that overtake it do not hide a job that waits long.
func TestAJobOfLowPriorityThatWaitsLongIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log exampletest.Buffer
		p := newPool(t, executor.ThreadConfig{Workers: 1, WarnAfter: time.Minute, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		call, entered, release := blocker()
		give(t, p, call)
		<-entered
		give(t, p, executor.Func(one).WithPriority(-1))
		time.Sleep(59 * time.Second)
		give(t, p, executor.Func(one).Named("urgent"))
		time.Sleep(2 * time.Second)
		require.Equal(t, 1, log.Count("wait long"))
		require.Equal(t, 1, log.Count("queued=2 next=urgent waited=1m0s"))
		release()
		synctest.Wait()
	})
}

func TestALoggerHearsOfEveryJob(t *testing.T) {
	var log exampletest.Buffer
	p := newPool(t, executor.ThreadConfig{Name: "logged", Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	resultOf(t, give(t, p, executor.Func(one).Named("good")))
	_, err := give(t, p, executor.Action(func(context.Context) error { return errTest }).Named("bad")).Await(t.Context())
	require.ErrorIs(t, err, errTest)
	entered := make(chan struct{})
	f := give(t, p, executor.Action(func(ctx context.Context) error { close(entered); <-ctx.Done(); return ctx.Err() }))
	<-entered
	f.Cancel()
	_, err = f.Await(t.Context())
	require.Error(t, err)
	require.NoError(t, p.Shutdown(t.Context()))
	require.Equal(t, 3, log.Count(`"job started"`))
	require.Equal(t, 1, log.Count(`"job completed"`))
	require.Equal(t, 1, log.Count(`"job failed"`))
	require.Equal(t, 1, log.Count(`"job canceled"`))
	require.Equal(t, 2, log.Count("pool=logged worker=logged_0 function=good"))
	require.Equal(t, 1, log.Count(`error="`+errTest.Error()))
}

func TestLabelsNameTheWorkOfAGoroutine(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Name: "labeled", ProfileLabels: true})
	labels := give(t, p, executor.Func(func(ctx context.Context) ([3]string, error) {
		var v [3]string
		v[0], _ = pprof.Label(ctx, "executor")
		v[1], _ = pprof.Label(ctx, "worker")
		v[2], _ = pprof.Label(ctx, "function")
		return v, nil
	}).Named("work"))
	require.Equal(t, [3]string{"labeled", "labeled_0", "work"}, resultOf(t, labels))
}

func TestJobsAppearInAnExecutionTrace(t *testing.T) {
	var b bytes.Buffer
	if err := trace.Start(&b); err != nil {
		require.ErrorContains(t, err, "already") // the tests themselves are being traced
		return
	}
	p := newPool(t, executor.ThreadConfig{})
	resultOf(t, give(t, p, executor.Func(one).Named("a job to be found")))
	processes := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	resultOf(t, give(t, processes, twofold.Bind(4).Named("a call to be found")))
	_, err := await(t, give(t, processes, fails.Bind("an error to be found").Named("one that fails")))
	require.Error(t, err)
	trace.Stop()
	for _, what := range []string{"a job", "a call", "an error"} {
		require.Contains(t, b.String(), what+" to be found")
	}
}

func TestCloseAllShutsDownWhatWasLeftOpen(t *testing.T) {
	a, err := executor.NewThreadPool(executor.ThreadConfig{})
	require.NoError(t, err)
	b, err := executor.NewThreadPool(executor.ThreadConfig{})
	require.NoError(t, err)
	c, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1, Env: []string{"GORACE=atexit_sleep_ms=0"}})
	require.NoError(t, err)
	require.Equal(t, 42, resultOf(t, give(t, c, twofold.Bind(21))))
	call, entered, release := blocker()
	f := give(t, a, call)
	<-entered
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTest)
	require.ErrorIs(t, executor.CloseAll(ctx), errTest)
	release()
	require.NoError(t, executor.CloseAll(t.Context()))
	require.True(t, f.IsDone())
	for _, p := range []executor.Executor{a, b, c} {
		_, err := executor.Submit(t.Context(), p, twofold.Bind(1))
		require.ErrorIs(t, err, executor.ErrShutdown)
	}
	require.NoError(t, executor.CloseAll(t.Context()), "nothing is open")
}
