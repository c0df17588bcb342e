//go:build linux

package executor_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// halt stops a process. Its threads stop one after the other, and one of those that still
// run could take the next call.
func halt(t *testing.T, pid int) {
	t.Helper()
	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	require.Eventually(t, func() bool {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		require.NoError(t, err)
		for _, path := range threads {
			stat, err := os.ReadFile(path)
			if err != nil || !bytes.Contains(stat, []byte(") T ")) {
				return false
			}
		}
		return len(threads) > 0
	}, 10*time.Second, time.Millisecond)
}

// A worker that is stopped while it has nothing to do takes no call. Those that it is
// given run elsewhere: their time has not begun, however short Timeout is.
func TestAStoppedWorkerCostsNoCallItsTime(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Timeout: 100 * time.Millisecond, Grace: 50 * time.Millisecond, Logger: quiet})
	pid := resultOf(t, give(t, p, processID.Bind()))
	halt(t, pid)
	for i := range 5 {
		require.Equal(t, 2*i, resultOf(t, give(t, p, twofold.Bind(i))))
	}
	require.NotEqual(t, pid, resultOf(t, give(t, p, processID.Bind())))
}

// Calls that give up waiting for a stopped worker do not hide it from the next.
func TestAStoppedWorkerIsFoundByTheCallThatGivesUp(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
	pid := resultOf(t, give(t, p, processID.Bind()))
	halt(t, pid)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	f, err := executor.Submit(ctx, p, twofold.Bind(1))
	require.NoError(t, err)
	_, err = await(t, f)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	begin := time.Now()
	require.Equal(t, 4, resultOf(t, give(t, p, twofold.Bind(2))))
	require.Less(t, time.Since(begin), time.Second, "without the time after which a worker counts as stuck")
}

// A call that is taken back before the worker has begun it is read and dropped there, and
// nothing comes back of it. The next one has its whole second all the same.
func TestAWorkerHasItsSecondAfterACallThatWasTakenBack(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
	var pid int
	for {
		pid = resultOf(t, give(t, p, processID.Bind()))
		halt(t, pid)
		f := give(t, p, twofold.Bind(1))
		f.Cancel()
		_, err := await(t, f)
		require.ErrorIs(t, err, context.Canceled)
		_ = syscall.Kill(pid, syscall.SIGCONT)
		<-time.After(1200 * time.Millisecond) // more than the second, which has nothing to do with what comes
		if syscall.Kill(pid, 0) == nil {
			break
		} // the call had waited for so long that its worker was taken for a stopped one
	}
	halt(t, pid)
	time.AfterFunc(300*time.Millisecond, func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	require.Equal(t, pid, resultOf(t, give(t, p, processID.Bind())))
}
