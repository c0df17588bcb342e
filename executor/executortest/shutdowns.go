package executortest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var shutdownCases = []testCase{
	{"after shutdown nothing is accepted", afterShutdown},                                    // ExecutorShutdownTest.test_run_after_shutdown
	{"shutdown finishes what was accepted", finishes},                                        // ExecutorShutdownTest.test_hang_issue12364
	{"shutdown works right after a cancellation", afterCancel},                               // ExecutorShutdownTest.test_hang_gh94440
	{"shutdown of an executor that was never used returns", unused},                          //
	{"shutdown may be called twice and concurrently", twice},                                 //
	{"shutdown whose context ends first says why, and the work still finishes", doesNotWait}, // ThreadPoolShutdownTest.test_shutdown_no_wait
	{"canceling what is pending leaves what runs", cancelPending},                            // ExecutorShutdownTest.test_cancel_futures
	{"a submit that races with shutdown is refused or settled", submitRace},                  //
}

func afterShutdown(t *testing.T, ex executor.Executor) {
	shutdown(t, ex)
	f, err := executor.Submit(t.Context(), ex, answer.Bind())
	require.ErrorIs(t, err, executor.ErrShutdown)
	require.Nil(t, f)
	_, err = executor.TrySubmit(t.Context(), ex, answer.Bind())
	require.ErrorIs(t, err, executor.ErrShutdown)
}

func finishes(t *testing.T, ex executor.Executor) {
	fs := make([]*future.Future[int], 50)
	for i := range fs {
		fs[i] = submit(t, ex, pow.Bind(powArgs{i, 1}))
	}
	shutdown(t, ex)
	for i, f := range fs {
		require.True(t, f.IsDone())
		require.Equal(t, i, result(t, f))
	}
}

func afterCancel(t *testing.T, ex executor.Executor) {
	g := newGate(t, "canceled")
	submit(t, ex, hold.Bind(g)).Cancel()
	shutdown(t, ex)
}

func unused(t *testing.T, ex executor.Executor) { shutdown(t, ex) }

func twice(t *testing.T, ex executor.Executor) {
	g := newGate(t, "value")
	f := submit(t, ex, hold.Bind(g))
	g.awaitEntered(t)
	results := make(chan error, 4)
	for range cap(results) {
		go func() { results <- ex.Shutdown(context.WithoutCancel(t.Context())) }()
	}
	g.open(t)
	for range cap(results) {
		require.NoError(t, <-results)
	}
	require.Equal(t, "value", result(t, f))
	shutdown(t, ex)
}

func doesNotWait(t *testing.T, ex executor.Executor) {
	g := newGate(t, "value")
	f := submit(t, ex, hold.Bind(g))
	g.awaitEntered(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errDivision)
	err := ex.Shutdown(ctx)
	require.ErrorIs(t, err, errDivision)
	var se *executor.ShutdownError
	require.ErrorAs(t, err, &se)
	require.Len(t, se.Running, 1)
	require.Equal(t, "executortest.hold", se.Running[0].Function)
	require.ErrorContains(t, err, "executortest.hold")
	_, err = executor.Submit(t.Context(), ex, answer.Bind())
	require.ErrorIs(t, err, executor.ErrShutdown)
	g.open(t)
	require.Equal(t, "value", result(t, f))
	shutdown(t, ex)
}

func cancelPending(t *testing.T, ex executor.Executor) {
	c, ok := ex.(interface{ CancelPending() int })
	if !ok {
		return
	}
	g := newGate(t, "ran")
	var fs []*future.Future[string]
	for range 50 {
		fs = append(fs, submit(t, ex, hold.Bind(g)))
	}
	g.awaitEntered(t)
	n := c.CancelPending()
	require.Positive(t, n)
	g.open(t)
	shutdown(t, ex)
	canceled := 0
	for _, f := range fs {
		if f.Canceled() {
			canceled++
			continue
		}
		require.Equal(t, "ran", result(t, f))
	}
	require.Equal(t, n, canceled)
	require.Less(t, canceled, 50, "what runs goes on")
}

func submitRace(t *testing.T, ex executor.Executor) {
	const goroutines = 4
	lost := make(chan error, goroutines)
	started := make(chan struct{}, goroutines)
	ctx := context.WithoutCancel(t.Context())
	for range goroutines {
		go func() {
			for i := 0; ; i++ {
				f, err := executor.Submit(ctx, ex, pow.Bind(powArgs{i, 1}))
				if err != nil {
					lost <- err
					return
				}
				if i == 0 {
					started <- struct{}{}
				}
				if _, err := f.Await(ctx); err != nil {
					lost <- err
					return
				}
			}
		}()
	}
	for range goroutines {
		<-started
	}
	shutdown(t, ex)
	for range goroutines {
		require.ErrorIs(t, <-lost, executor.ErrShutdown)
	}
}
