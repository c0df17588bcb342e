//go:build linux

package executor_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A worker is the program's file executed anew, at which the kernel grants what the
// file or root grants. What the program has dropped its workers do not get back.
func TestWorkersNeverGainPrivileges(t *testing.T) {
	ran := func(t *testing.T, cmd *exec.Cmd) (first, dropped, worker string) {
		t.Helper()
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		lines := strings.Split(string(out), "\n")
		require.Len(t, lines, 4, string(out))
		for i, to := range []*string{&first, &dropped, &worker} {
			_, *to, _ = strings.Cut(lines[i], ": ")
			*to = strings.TrimSpace(*to)
		}
		return first, dropped, worker
	}
	t.Run("of a file with the set-user-ID bit", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "gains")
		b, err := os.ReadFile(program(t, "gains"))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, b, 0o700))
		cmd := exec.CommandContext(t.Context(), path, "user")
		if os.Getuid() == 0 {
			// Another user runs it. Otherwise the user is the owner, and
			// there is nothing to gain.
			for dir := filepath.Dir(path); dir != os.TempDir(); dir = filepath.Dir(dir) {
				require.NoError(t, os.Chmod(dir, 0o755))
			}
			require.NoError(t, os.Chown(path, 65533, 65533))
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		require.NoError(t, os.Chmod(path, 0o755|os.ModeSetuid))
		if !startsWhatRuns {
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			require.Contains(t, string(out), path+" is set-user-ID or set-group-ID")
			return
		}
		first, dropped, worker := ran(t, cmd)
		require.Equal(t, dropped, worker)
		if os.Getuid() == 0 {
			require.Contains(t, first, "user 65533", "there was something to drop")
			require.Contains(t, worker, "user 65534")
		}
	})
	t.Run("of root without its capabilities", func(t *testing.T) {
		_, dropped, worker := ran(t, exec.CommandContext(t.Context(), program(t, "gains"), "capabilities"))
		require.Contains(t, dropped, "CapPrm: 0000000000000000")
		require.Equal(t, dropped, worker)
	})
}
