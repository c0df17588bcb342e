//go:build linux && !asyncgo_portable

package executor_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// These are promises of the native backend: see docs/reference/platforms.md.

// Whatever the workers do, from the moment of their fork on, they do not outlive
// their parent. (What is stopped from outside in the first instructions after its
// fork does; see internal/proc.)
func TestWorkersThatStartDieWithTheirParent(t *testing.T) {
	for _, mode := range []string{"block", "spin", "stop", "none", "stopped by the test"} {
		for _, after := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 100 * time.Millisecond} {
			t.Run(mode+", killed after "+after.String(), func(t *testing.T) {
				t.Parallel()
				cmd := exec.CommandContext(t.Context(), program(t, "starts"), "wait", mode)
				out, err := cmd.StdoutPipe()
				require.NoError(t, err)
				require.NoError(t, cmd.Start())
				defer func() { _ = cmd.Process.Kill() }()
				line, err := bufio.NewReader(out).ReadString('\n')
				require.NoError(t, err)
				require.Equal(t, "starting\n", line)
				var workers []int
				stopped := mode == "stopped by the test"
				require.Eventually(t, func() bool {
					workers = slices.DeleteFunc(children(cmd.Process.Pid), func(pid int) bool { return stopped && !executed(pid) })
					return len(workers) > 0
				}, patience, 20*time.Microsecond)
				<-time.After(after)
				if stopped {
					for _, pid := range workers {
						require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
					}
				}
				require.NoError(t, cmd.Process.Kill())
				_ = cmd.Wait()
				for _, pid := range workers {
					if !gone(pid, time.Second) {
						_ = syscall.Kill(pid, syscall.SIGKILL)
						t.Errorf("worker %d outlives its parent", pid)
					}
				}
			})
		}
	}
}

// children returns the pids of the processes that a process has started.
func children(pid int) []int {
	tasks, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	var pids []int
	for _, task := range tasks {
		b, _ := os.ReadFile(task)
		for _, field := range bytes.Fields(b) {
			if pid, err := strconv.Atoi(string(field)); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// executed reports whether a process is a worker already, and not a copy of its parent.
func executed(pid int) bool {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return bytes.Contains(b, []byte("ASYNCGO_WORKER="))
}

// gone reports whether a process ends within a time.
func gone(pid int, within time.Duration) bool {
	for end := time.Now().Add(within); runs(pid); {
		if time.Now().After(end) {
			return false
		}
		<-time.After(tick)
	}
	return true
}

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
