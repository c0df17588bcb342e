//go:build linux

package executor_test

import (
	"context"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

// withoutDescriptors runs fn while this process can open nothing.
func withoutDescriptors(t *testing.T, fn func()) {
	t.Helper()
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 0, Max: limit.Max}))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)) }()
	fn()
}

// A pool with a worker outlives a time without descriptors: what runs goes on, and
// what waits runs when there is a worker for it.
func TestAShortageDoesNotBreakAPool(t *testing.T) {
	var log exampletest.Buffer
	p := newProcessPool(t, executor.ProcessConfig{Workers: 3, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	resultOf(t, give(t, p, twofold.Bind(1)))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	long, err := executor.Submit(ctx, p, waitsForItsContext.Bind())
	require.NoError(t, err)
	var f *future.Future[int]
	withoutDescriptors(t, func() {
		f = give(t, p, twofold.Bind(2))
		require.Eventually(t, func() bool { return strings.Contains(log.String(), "it is tried again") }, patience, tick)
		require.Contains(t, log.String(), "ulimit -n")
		require.False(t, f.IsDone())
		require.False(t, long.IsDone())
	})
	require.Equal(t, 4, resultOf(t, f))
	require.Equal(t, 6, resultOf(t, give(t, p, twofold.Bind(3))))
	cancel()
	_, err = await(t, long)
	require.ErrorIs(t, err, context.Canceled)
}

// A pool that cannot start its first worker says so in the end, and why.
func TestAShortageWithoutAnyWorkerEnds(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Logger: quiet, StartTimeout: 300 * time.Millisecond})
	withoutDescriptors(t, func() {
		begin := time.Now()
		_, err := await(t, give(t, p, twofold.Bind(1)))
		var broken *executor.BrokenPoolError
		require.ErrorAs(t, err, &broken)
		require.ErrorIs(t, err, syscall.EMFILE)
		require.ErrorContains(t, err, "ulimit -n")
		require.GreaterOrEqual(t, time.Since(begin), 300*time.Millisecond)
	})
}
