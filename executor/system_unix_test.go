//go:build unix

package executor_test

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

func killProcess(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }

// dieOf ends this process by a signal.
func dieOf(sig syscall.Signal) { _ = syscall.Kill(os.Getpid(), sig) }

// runs reports whether a process exists and is no zombie, as far as that can be told.
func runs(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		_, err = os.Stat("/proc/self/stat")
		return err != nil && syscall.Kill(pid, 0) == nil
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(rest, "Z")
}
