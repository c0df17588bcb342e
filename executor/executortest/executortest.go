// Package executortest checks that an executor keeps the promises of package
// executor, in the manner of testing/slogtest.
//
// Its cases are CPython's test_concurrent_futures where it has one, and each of
// those names its original.
//
//	func TestMine(t *testing.T) {
//		executortest.Run(t, func(t *testing.T) executor.Executor { return newMine(t) })
//	}
package executortest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// patience is how long a case waits for what must happen.
const patience = 30 * time.Second

// Run runs every case as a subtest with an executor of its own.
//
// newExecutor returns an executor that runs at least two jobs at the same time
// and queues some hundreds more; Run shuts it down. The cases use functions that
// this package registers, so an executor that sends jobs to other processes must
// import it there too; those that run the test binary do.
//
// An executor with a method CancelPending() int is tested for that as well, and one
// with a method Stats() executor.Stats for the number of queued jobs.
//
// Run returns when all cases have ended. A case fails t when an outcome is wrong, an
// executor crashes, or what must happen has not happened within 30 s; the others go
// on. Run may be called for one executor after the other.
func Run(t *testing.T, newExecutor func(t *testing.T) executor.Executor) {
	t.Helper()
	for _, group := range [][]testCase{submitCases, outcomeCases, cancelCases, waitCases, mapCases, shutdownCases} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				// Cleanups run last in, first out: the folders of gates, which jobs
				// write to, may go only when the executor has ended.
				t.TempDir()
				ex := newExecutor(t)
				t.Cleanup(func() { shutdown(t, ex) })
				c.run(t, ex)
			})
		}
	}
}

// A testCase is one promise.
type testCase struct {
	name string
	run  func(t *testing.T, ex executor.Executor)
}

func submit[R any](t *testing.T, ex executor.Executor, call executor.Call[R]) *future.Future[R] {
	t.Helper()
	f, err := executor.Submit(t.Context(), ex, call)
	require.NoError(t, err)
	return f
}

// await waits for f, with a limit.
func await[R any](t *testing.T, f *future.Future[R]) (R, error) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(t.Context()), patience, errPatience)
	defer cancel()
	v, err := f.Await(ctx)
	require.NotErrorIs(t, err, errPatience, "the future is still %v", f.State())
	return v, err
}

func result[R any](t *testing.T, f *future.Future[R]) R {
	t.Helper()
	v, err := await(t, f)
	require.NoError(t, err)
	return v
}

func shutdown(t *testing.T, ex executor.Executor) {
	t.Helper()
	// The test's own context has ended when its cleanups run.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, ex.Shutdown(ctx))
}
