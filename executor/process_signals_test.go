//go:build linux

package executor_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// What timeout(1), a terminal or a supervisor sends to the whole group reaches the
// workers too, and is the program's to answer.
func TestASignalToTheWholeGroupLeavesRunningCallsAlone(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			gate := filepath.Join(t.TempDir(), "gate")
			cmd := exec.CommandContext(t.Context(), program(t, "drains"), gate)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			defer func() { _ = cmd.Process.Kill() }()
			lines := bufio.NewScanner(out)
			next := func() string {
				require.True(t, lines.Scan())
				return lines.Text()
			}
			mask, err := strconv.ParseUint(strings.TrimPrefix(next(), "ignored "), 16, 64)
			require.NoError(t, err)
			require.Zero(t, mask>>(sig-1)&1, "what a task starts does not ignore the signal")
			require.Equal(t, "running", next())
			require.NoError(t, syscall.Kill(-cmd.Process.Pid, sig))
			require.Equal(t, "got "+sig.String(), next())
			require.NoError(t, os.WriteFile(gate, nil, 0o600))
			require.Equal(t, "finished <nil>", next())
			require.NoError(t, cmd.Wait())
		})
	}
}
