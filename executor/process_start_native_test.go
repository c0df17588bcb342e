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
