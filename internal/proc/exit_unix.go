//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"os"
	"runtime"
	"syscall"
)

func exitOf(state *os.ProcessState) Exit {
	exit := Exit{Code: state.ExitCode(), CPU: state.UserTime() + state.SystemTime()}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		exit.Signal = status.Signal()
	}
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		exit.RSS = int64(usage.Maxrss) //nolint:unconvert // it has 32 bits on some systems
		if runtime.GOOS != "darwin" {
			exit.RSS <<= 10 // it is in KiB
		}
	}
	return exit
}
