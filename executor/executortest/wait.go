package executortest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var waitCases = []testCase{
	{"wait counts a future given twice once", waitTwice},                                   // WaitTests.test_20369
	{"wait returns with the first that completes", firstCompleted},                         // WaitTests.test_first_completed
	{"wait returns at once if one is complete already", firstCompletedAlready},             // WaitTests.test_first_completed_some_already_completed
	{"wait returns with the first error", firstException},                                  // WaitTests.test_first_exception
	{"wait for an error counts those that are complete", firstExceptionSome},               // WaitTests.test_first_exception_some_already_complete
	{"wait for an error returns at once if one has failed already", firstExceptionAlready}, // WaitTests.test_first_exception_one_already_failed
	{"wait returns when all are complete", allCompleted},                                   // WaitTests.test_all_completed
	{"wait returns what is done when the time runs out, without an error", waitTimeout},    // WaitTests.test_timeout
	{"results as they complete are not in the order of submission", completionOrder},       //
	{"as completed gives each future, the finished ones first", asCompleted},               // AsCompletedTests.test_no_timeout
	{"as completed gives up when its time has run out", asCompletedTimeout},                // AsCompletedTests.test_future_times_out
	{"as completed gives a future that occurs twice once", asCompletedTwice},               // AsCompletedTests.test_duplicate_futures
	{"as completed says how many futures are unfinished", asCompletedMessage},              // AsCompletedTests.test_correct_timeout_exception_msg
}

func wait(t *testing.T, opts future.WaitOptions, fs ...*future.Future[string]) (done, pending []*future.Future[string]) {
	t.Helper()
	done, pending, err := future.Wait(t.Context(), fs, opts)
	require.NoError(t, err)
	return done, pending
}

func canceled() *future.Future[string] {
	p := future.New[string]()
	p.Future().Cancel()
	return p.Future()
}

// held submits a job that holds until the test ends.
func held(t *testing.T, ex executor.Executor) *future.Future[string] {
	t.Helper()
	g := newGate(t, "held")
	f := submit(t, ex, hold.Bind(g))
	t.Cleanup(func() { g.open(t) })
	return f
}

// prompt submits a job that returns at once, and failing one that fails.
func prompt(t *testing.T, ex executor.Executor) *future.Future[string] {
	t.Helper()
	g := newGate(t, "prompt")
	g.open(t)
	return submit(t, ex, hold.Bind(g))
}

func failing(t *testing.T, ex executor.Executor) *future.Future[string] {
	t.Helper()
	return submit(t, ex, hold.Bind(gate{Entered: "/no/such/directory/x"}))
}

type futures = []*future.Future[string]

func waitTwice(t *testing.T, ex executor.Executor) {
	f := prompt(t, ex)
	done, pending := wait(t, future.WaitOptions{}, f, f)
	require.Equal(t, futures{f}, done)
	require.Empty(t, pending)
}

func firstCompleted(t *testing.T, ex executor.Executor) {
	f1, f2 := prompt(t, ex), held(t, ex)
	done, pending := wait(t, future.WaitOptions{ReturnWhen: future.FirstCompleted}, f1, f2)
	require.Equal(t, futures{f1}, done)
	require.Equal(t, futures{f2}, pending)
}

func firstCompletedAlready(t *testing.T, ex executor.Executor) {
	f1, c, s := held(t, ex), canceled(), future.Resolved("done")
	done, pending := wait(t, future.WaitOptions{ReturnWhen: future.FirstCompleted}, c, s, f1)
	require.Equal(t, futures{c, s}, done)
	require.Equal(t, futures{f1}, pending)
}

func firstException(t *testing.T, ex executor.Executor) {
	f1 := prompt(t, ex)
	result(t, f1)
	f3 := held(t, ex)
	f2 := failing(t, ex)
	done, pending := wait(t, future.WaitOptions{ReturnWhen: future.FirstException}, f1, f2, f3)
	require.Equal(t, futures{f1, f2}, done)
	require.Equal(t, futures{f3}, pending)
}

func firstExceptionSome(t *testing.T, ex executor.Executor) {
	f2 := held(t, ex)
	f1 := failing(t, ex)
	s, c := future.Resolved("done"), canceled()
	done, pending := wait(t, future.WaitOptions{ReturnWhen: future.FirstException}, s, c, f1, f2)
	require.Equal(t, futures{s, c, f1}, done)
	require.Equal(t, futures{f2}, pending)
}

func firstExceptionAlready(t *testing.T, ex executor.Executor) {
	failed := future.Failed[string](errDivision)
	f1 := held(t, ex)
	done, pending := wait(t, future.WaitOptions{ReturnWhen: future.FirstException}, failed, f1)
	require.Equal(t, futures{failed}, done)
	require.Equal(t, futures{f1}, pending)
}

func allCompleted(t *testing.T, ex executor.Executor) {
	f1, f2 := failing(t, ex), prompt(t, ex)
	s, c, failed := future.Resolved("done"), canceled(), future.Failed[string](errDivision)
	done, pending := wait(t, future.WaitOptions{}, s, c, failed, f1, f2)
	require.Equal(t, futures{s, c, failed, f1, f2}, done)
	require.Empty(t, pending)
}

func waitTimeout(t *testing.T, ex executor.Executor) {
	f1, f2 := prompt(t, ex), held(t, ex)
	result(t, f1)
	done, pending := wait(t, future.WaitOptions{Timeout: 20 * time.Millisecond}, f1, f2)
	require.Equal(t, futures{f1}, done)
	require.Equal(t, futures{f2}, pending)
}

func completionOrder(t *testing.T, ex executor.Executor) {
	slow := newGate(t, "slow")
	first := submit(t, ex, hold.Bind(slow))
	slow.awaitEntered(t)
	second := prompt(t, ex)
	order := make(chan string, 2)
	for _, f := range (futures{first, second}) {
		f.AddDoneCallback(func(f *future.Future[string]) { v, _ := f.Result(); order <- v })
	}
	require.Equal(t, "prompt", <-order)
	slow.open(t)
	require.Equal(t, "slow", <-order)
}

// completed ranges over AsCompleted until it ends or yields an error.
func completed(t *testing.T, timeout time.Duration, fs ...*future.Future[string]) (done futures, err error) {
	t.Helper()
	for f, e := range future.AsCompleted(t.Context(), fs, timeout) {
		if e != nil {
			return done, e
		}
		done = append(done, f)
	}
	return done, nil
}

func asCompleted(t *testing.T, ex executor.Executor) {
	f1, f2 := prompt(t, ex), failing(t, ex)
	s, c, failed := future.Resolved("done"), canceled(), future.Failed[string](errDivision)
	done, err := completed(t, 0, s, c, failed, f1, f2)
	require.NoError(t, err)
	require.ElementsMatch(t, futures{s, c, failed, f1, f2}, done)
}

func asCompletedTimeout(t *testing.T, ex executor.Executor) {
	f1 := held(t, ex)
	s, c := future.Resolved("done"), canceled()
	for _, timeout := range []time.Duration{-1, time.Nanosecond, 20 * time.Millisecond} {
		done, err := completed(t, timeout, s, c, f1)
		if timeout > 0 {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		require.Equal(t, futures{s, c}, done)
	}
}

func asCompletedTwice(t *testing.T, ex executor.Executor) {
	f := prompt(t, ex)
	done, err := completed(t, 0, f, f)
	require.NoError(t, err)
	require.Equal(t, futures{f}, done)
}

func asCompletedMessage(t *testing.T, ex executor.Executor) {
	f := held(t, ex)
	_, err := completed(t, time.Nanosecond, future.Resolved("a"), f, future.New[string]().Future(), future.Resolved("b"))
	require.ErrorContains(t, err, "2 (of 4)")
}
