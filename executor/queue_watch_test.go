package executor_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var errGaveUp = errors.New("the caller gave up")

// The one place of a full queue is free as soon as the context of the job that has
// it ends, though nothing else moves.
func TestAQueuedJobWhoseContextEndsSettlesAtOnceAndGivesItsPlaceBack(t *testing.T) {
	fullQueues(t, func(t *testing.T, p measured, submit func(ctx context.Context) *future.Future[int]) {
		ctx, cancel := context.WithCancelCause(t.Context())
		first := submit(ctx)
		_, err := executor.TrySubmit(t.Context(), p, twofold.Bind(1))
		require.ErrorIs(t, err, executor.ErrQueueFull)
		var second *future.Future[int]
		accepted := make(chan error)
		timed := overdueContext{t.Context(), make(chan struct{})}
		go func() {
			var err error
			second, err = executor.Submit(timed, p, twofold.Bind(21))
			accepted <- err
		}()
		require.Eventually(t, func() bool { return p.Stats().WaitingFor == 1 }, patience, tick)
		cancel(errGaveUp)
		_, err = first.Await(t.Context())
		require.ErrorIs(t, err, errGaveUp)
		require.True(t, first.Canceled())
		require.NoError(t, <-accepted, "it had to wait for the place of the first")
		close(timed.over)
		_, err = second.Await(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, p.Stats().Queued)
		third, err := executor.TrySubmit(t.Context(), p, twofold.Bind(1))
		require.NoError(t, err)
		require.True(t, third.Cancel())
		require.Zero(t, p.Stats().Queued)
		require.Zero(t, p.Stats().Running-1)
	})
}

// overdueContext is a context whose deadline passes when the test says so.
type overdueContext struct {
	context.Context
	over chan struct{}
}

func (c overdueContext) Done() <-chan struct{} { return c.over }

func (c overdueContext) Err() error {
	select {
	case <-c.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// fullQueues calls test with pools of one worker and one place in the queue. The
// worker is busy, or does not even come up.
func fullQueues(t *testing.T, test func(t *testing.T, p measured, submit func(ctx context.Context) *future.Future[int])) {
	fullPools(t, func(t *testing.T, p measured, release func()) {
		_ = release
		queued := p.(interface{ CancelPending() int })
		require.Equal(t, 1, queued.CancelPending())
		test(t, p, func(ctx context.Context) *future.Future[int] {
			f, err := executor.Submit(ctx, p, twofold.Bind(21))
			require.NoError(t, err)
			return f
		})
	})
}

var hangInit = executor.RegisterAction("test.hangInit", func(context.Context) error { select {} })

func TestACallBehindAnInitializerThatHangsEndsWithItsContext(t *testing.T) {
	p, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1, Initializer: hangInit.Bind(), Logger: quiet})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var fs []*future.Future[int]
	for i := range 100 {
		f, err := executor.Submit(ctx, p, double.Bind(i))
		require.NoError(t, err)
		fs = append(fs, f)
	}
	for _, f := range fs {
		_, err := f.Await(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	require.Zero(t, p.Stats().Queued)
	p.Kill()
	require.NoError(t, p.Shutdown(t.Context()))
}

// What is queued with one context is watched as one, and none of it is kept when
// it has left the queue.
func TestTheWatchOverQueuedJobsForgetsThoseThatHaveLeft(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})
	call, entered, release := blocker()
	give(t, p, call)
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	gone := make(chan struct{})
	func() {
		big := make([]byte, 1<<20)
		runtime.AddCleanup(&big[0], func(c chan struct{}) { close(c) }, gone)
		f, err := executor.Submit(ctx, p, executor.Func(func(context.Context) ([]byte, error) { return big, nil }))
		require.NoError(t, err)
		require.Eventually(t, func() bool { return p.WatchedJobs() == 1 }, patience, tick)
		release()
		resultOf(t, f)
	}()
	require.Eventually(t, func() bool {
		runtime.GC()
		select {
		case <-gone:
			return true
		default:
			return false
		}
	}, patience, tick)
	require.Eventually(t, func() bool { return p.WatchedJobs() == 0 }, patience, tick)
}

// A hook is told of a job that is called off while it is queued, whatever calls it
// off, and finds its future settled.
func TestOnCancelIsCalledForAQueuedJob(t *testing.T) {
	for name, callOff := range map[string]func(f *future.Future[int], j *executor.Job, cancel context.CancelCauseFunc){
		"its future":   func(f *future.Future[int], _ *executor.Job, _ context.CancelCauseFunc) { f.CancelCause(errGaveUp) },
		"its context":  func(_ *future.Future[int], _ *executor.Job, cancel context.CancelCauseFunc) { cancel(errGaveUp) },
		"its executor": func(_ *future.Future[int], j *executor.Job, _ context.CancelCauseFunc) { j.CallOff(errGaveUp) },
		"a job":        func(_ *future.Future[int], j *executor.Job, _ context.CancelCauseFunc) { j.Cancel(errGaveUp) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, late := range []bool{false, true} {
				ctx, cancel := context.WithCancelCause(t.Context())
				f, j := take(t, ctx, executor.Func(one))
				causes := make(chan error, 2)
				hook := func(cause error) {
					if !f.IsDone() {
						cause = errTest
					}
					causes <- cause
				}
				if !late {
					j.OnCancel(hook)
				}
				callOff(f, j, cancel)
				_, err := f.Await(t.Context())
				require.ErrorIs(t, err, errGaveUp)
				if late {
					j.OnCancel(hook)
					cause := <-causes
					require.True(t, future.IsCanceled(cause) || errors.Is(cause, errGaveUp), cause)
				} else {
					require.ErrorIs(t, <-causes, errGaveUp)
				}
				require.False(t, j.Start())
				require.False(t, j.CallOff(nil))
				cancel(nil)
				f.Cancel()
				require.Empty(t, causes)
			}
		})
	}
}

func TestCallOffLeavesAJobAloneThatHasBegun(t *testing.T) {
	f, j := take(t, t.Context(), executor.Func(one))
	require.True(t, j.Start())
	require.False(t, j.CallOff(errGaveUp))
	j.Run(nil)
	require.Equal(t, 1, resultOf(t, f))
}

// What a hook does is not the trouble of the code that cancels, nor of the job.
func TestAHookThatPanicsOrEndsItsGoroutineLeavesTheJobCanceled(t *testing.T) {
	for name, hook := range map[string]func(error){"panics": func(error) { panic("hook") }, "exits": func(error) { runtime.Goexit() }} {
		for _, begun := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				f, j := take(t, t.Context(), executor.Func(one))
				if begun {
					require.True(t, j.Start())
				}
				j.OnCancel(hook)
				done := make(chan struct{})
				go func() { defer close(done); f.Cancel() }()
				<-done
				if begun {
					j.Fail(context.Canceled)
				}
				require.True(t, f.Canceled())
			})
		}
	}
}
