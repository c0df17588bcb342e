//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// states tells about processes.
type states interface {
	// stopped reports whether a process is stopped, as by SIGSTOP.
	stopped(pid int) bool
	// exiting reports whether a worker has begun to end.
	exiting(pid int) bool
	// rss returns the resident size of a process in bytes, 0 if it is unknown.
	rss(pid int) int64
}

// watch is called when the process exists. It returns what tells how that ended.
func watch(*os.Process, *Conn) (func(*os.ProcessState) Exit, error) { return exitOf, nil }

// Signal sends a signal to the worker, and to no process if it is gone already: the
// runtime knows whether it has waited for the process, so its number cannot be taken
// over by another one.
func (c *Child) Signal(sig syscall.Signal) error {
	if err := c.cmd.Process.Signal(sig); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// Stopped reports whether the worker is stopped, as by SIGSTOP.
func (c *Child) Stopped() bool { return sysStates.stopped(c.PID) }

// Exiting reports whether the worker has begun to end.
func (c *Child) Exiting() bool { return sysStates.exiting(c.PID) }

// RSS returns the resident size of the worker in bytes, 0 if it is unknown.
func (c *Child) RSS() int64 { return sysStates.rss(c.PID) }

// KnowsRSS reports whether Child.RSS tells the size of a worker.
func KnowsRSS() bool { return sysStates.rss(os.Getpid()) > 0 }

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
