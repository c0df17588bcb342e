package executortest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var cancelCases = []testCase{
	{"a queued job that is canceled never runs", cancelQueued},                                // FutureTests.test_cancel
	{"canceling a running job ends its context, and its error makes it canceled", running},    //
	{"a late cancel keeps the result", lateCancel},                                            //
	{"a finished job cannot be canceled", cancelFinished},                                     // FutureTests.test_cancel
	{"a context that ends while the job is queued settles it, though nothing moves", expired}, //
	{"a deadline that passes while the job is queued settles it, though nothing moves", overdue},
	{"a job that is called off leaves the queue", leavesQueue},
	{"a context that ends while the job runs reaches the work", contextEnds}, //
	{"a future that belongs to a loop is canceled at once", boundCancel},     //
	{"the callbacks of a canceled job run once", cancelCallback},             // FutureTests.test_done_callback_with_cancel
}

// fill occupies the executor until there is a job that waits, and returns that
// one. It does not know how many workers there are.
func fill(t *testing.T, ex executor.Executor) (queued *future.Future[string], release func()) {
	t.Helper()
	blockers := newGate(t, "blocker")
	for range 64 {
		submit(t, ex, hold.Bind(blockers))
	}
	blockers.awaitEntered(t)
	queued = submit(t, ex, hold.Bind(blockers))
	require.Equal(t, future.StatePending, queued.State(), "the executor runs 65 jobs at once")
	return queued, func() { blockers.open(t) }
}

func cancelQueued(t *testing.T, ex executor.Executor) {
	queued, release := fill(t, ex)
	never := newGate(t, "never")
	f := submit(t, ex, hold.Bind(never))
	require.True(t, f.CancelCause(errDivision))
	require.True(t, f.Canceled())
	_, err := await(t, f)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, errDivision)
	require.True(t, queued.Cancel())
	release()
	shutdown(t, ex)
	require.NoFileExists(t, never.Entered)
}

func running(t *testing.T, ex executor.Executor) {
	g := newGate(t, "value")
	f := submit(t, ex, hold.Bind(g))
	g.awaitEntered(t)
	require.True(t, f.Running())
	require.False(t, f.CancelCause(errDivision), "it has begun: whether it will be canceled is up to the work")
	_, err := await(t, f)
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, f.Canceled())
	require.Equal(t, 42, result(t, submit(t, ex, answer.Bind())))
}

func lateCancel(t *testing.T, ex executor.Executor) {
	g := newGate(t, "kept")
	f := submit(t, ex, stubborn.Bind(g))
	g.awaitEntered(t)
	require.False(t, f.Cancel())
	require.Equal(t, "kept", result(t, f))
	require.False(t, f.Canceled())
}

func cancelFinished(t *testing.T, ex executor.Executor) {
	f := submit(t, ex, answer.Bind())
	result(t, f)
	require.False(t, f.Cancel())
	require.Equal(t, 42, result(t, f))
}

func expired(t *testing.T, ex executor.Executor) {
	_, release := fill(t, ex)
	never := newGate(t, "never")
	ctx, cancel := context.WithCancelCause(t.Context())
	f, err := executor.Submit(ctx, ex, hold.Bind(never))
	require.NoError(t, err)
	cancel(errDivision)
	_, err = await(t, f)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, errDivision)
	require.True(t, f.Canceled())
	release()
	shutdown(t, ex) // the blockers use the test's folder
	require.NoFileExists(t, never.Entered)
}

func overdue(t *testing.T, ex executor.Executor) {
	_, release := fill(t, ex)
	never := newGate(t, "never")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	f, err := executor.Submit(ctx, ex, hold.Bind(never))
	require.NoError(t, err)
	_, err = await(t, f)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.False(t, f.Canceled(), "it failed")
	release()
	shutdown(t, ex)
	require.NoFileExists(t, never.Entered)
}

// leavesQueue looks at an executor's Stats, if it has any: what was called off must
// hold no place.
func leavesQueue(t *testing.T, ex executor.Executor) {
	_, release := fill(t, ex)
	queued := func() int { return 0 }
	if s, ok := ex.(interface{ Stats() executor.Stats }); ok {
		queued = func() int { return s.Stats().Queued }
	}
	before := queued() // or less, for workers may still come up
	never := newGate(t, "never")
	ctx, cancel := context.WithCancel(t.Context())
	var fs []*future.Future[string]
	for range 10 {
		f, err := executor.Submit(ctx, ex, hold.Bind(never))
		require.NoError(t, err)
		fs = append(fs, f, submit(t, ex, hold.Bind(never)))
	}
	for i := 1; i < len(fs); i += 2 {
		require.True(t, fs[i].Cancel())
	}
	cancel()
	for _, f := range fs {
		_, err := await(t, f)
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Eventually(t, func() bool { return queued() <= before }, patience, time.Millisecond)
	release()
	shutdown(t, ex)
	require.NoFileExists(t, never.Entered)
}

func contextEnds(t *testing.T, ex executor.Executor) {
	g := newGate(t, "value")
	ctx, cancel := context.WithCancel(t.Context())
	f, err := executor.Submit(ctx, ex, hold.Bind(g))
	require.NoError(t, err)
	g.awaitEntered(t)
	cancel()
	_, err = await(t, f)
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, f.Canceled())
}

// poster is a loop as far as a future needs one. What is posted runs in a
// goroutine of its own, which is enough for one callback.
type poster struct{}

func (poster) Post(fn func()) error {
	go fn()
	return nil
}

func boundCancel(t *testing.T, ex executor.Executor) {
	g := newGate(t, "dropped")
	f, err := executor.SubmitTo(t.Context(), poster{}, ex, stubborn.Bind(g))
	require.NoError(t, err)
	g.awaitEntered(t)
	require.True(t, f.CancelCause(errDivision))
	require.True(t, f.Canceled(), "at once, though the work goes on")
	_, err = await(t, f)
	require.ErrorIs(t, err, errDivision)
	shutdown(t, ex)
	require.True(t, f.Canceled(), "the late result is dropped")
}

func cancelCallback(t *testing.T, ex executor.Executor) {
	queued, release := fill(t, ex)
	calls := make(chan bool, 2)
	queued.AddDoneCallback(func(f *future.Future[string]) { calls <- f.Canceled() })
	require.True(t, queued.Cancel())
	require.True(t, queued.Cancel(), "again, as in concurrent.futures")
	require.True(t, <-calls, "inside Cancel")
	release()
	shutdown(t, ex)
	require.Empty(t, calls)
}
