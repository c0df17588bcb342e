//go:build linux

package executor_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// A worker that hangs before it gets to watch its parent ends with Kill, and with
// Shutdown too, for it has nothing to do.
func TestKillAndShutdownWhileWorkersStart(t *testing.T) {
	for _, what := range []string{"kill", "shutdown"} {
		for _, mode := range []string{"block", "spin", "stop"} {
			t.Run(what+", workers that "+mode, func(t *testing.T) {
				t.Parallel()
				out, err := exec.CommandContext(t.Context(), program(t, "starts"), what, mode).CombinedOutput()
				require.NoError(t, err, string(out))
				require.Equal(t, strings.Repeat("<nil> true\n", 4), string(out))
			})
		}
	}
}

// A worker that cannot speak to its parent ends there and then: it must not go on as
// the program that it is.
func TestAWorkerWithoutAChannelEnds(t *testing.T) {
	for mode, says := range map[string]string{
		"no socket":    "descriptor 3, the control socket",
		"no memory":    "descriptor 4 is not the memory of the channel",
		"other memory": "descriptor 4 is not the memory of the channel",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			out, err := exec.CommandContext(t.Context(), program(t, "starts"), "call", mode).CombinedOutput()
			require.NoError(t, err, string(out))
			require.Contains(t, string(out), says)
			require.Contains(t, string(out), "exit code 96")
			require.NotContains(t, string(out), "a worker runs main")
		})
	}
}

var stopOnce = executor.RegisterNoResult("test.stopOnce", func(_ context.Context, file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil // another worker was the first
	}
	_ = f.Close()
	return syscall.Kill(os.Getpid(), syscall.SIGSTOP)
})

// A worker that is stopped while it starts does not hold up the only call that there
// is, and Shutdown ends it.
func TestAStoppedStarterHoldsUpNoCall(t *testing.T) {
	t.Run("in package initialization", func(t *testing.T) {
		t.Parallel()
		cmd := exec.CommandContext(t.Context(), program(t, "starts"), "call", "stop once")
		cmd.Env = append(os.Environ(), "STOPPED="+filepath.Join(t.TempDir(), "stopped"))
		begin := time.Now()
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		require.Equal(t, "<nil>\n", string(out))
		require.Less(t, time.Since(begin), 20*time.Second, "not that of StartTimeout")
	})
	t.Run("in its initializer", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "stopped")
		p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Initializer: stopOnce.Bind(file)})
		v, err := await(t, submit(t, p, double.Bind(2)))
		require.NoError(t, err)
		require.Equal(t, 4, v)
		require.FileExists(t, file)
		require.NoError(t, p.Shutdown(t.Context()))
	})
}
