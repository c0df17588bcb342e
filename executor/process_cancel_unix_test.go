//go:build unix

package executor_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// Where there are no signals no program can ignore one.
func TestProcessCancelRunningKillsIfSIGTERMIsInVain(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Grace: 100 * time.Millisecond, Logger: quiet})
	dir := t.TempDir()
	require.NoError(t, p.Ready(t.Context()))
	other := submit(t, p, nap.Bind(time.Hour))
	bystander := runningPID(t, p)
	f := submit(t, p, deaf.Bind(dir))
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(dir, "ready"))
		return err == nil
	}, 5*time.Second, time.Millisecond)
	f.Cancel()
	_, err := await(t, f)
	var crash *executor.CrashError
	require.ErrorAs(t, err, &crash)
	require.Equal(t, syscall.SIGKILL, crash.Signal)
	require.FileExists(t, filepath.Join(dir, "got-sigterm"))
	require.Equal(t, bystander, runningPID(t, p), "only that worker is ended")
	require.False(t, other.IsDone())
	other.Cancel()
	_, err = await(t, other)
	require.True(t, future.IsCanceled(err))
}
