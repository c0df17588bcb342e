package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// watch is called when the process exists. It returns what tells how that ended.
func watch(process *os.Process, control *Conn) (func(*os.ProcessState) Exit, error) {
	var ours, peer windows.Handle
	var dup error
	err := process.WithHandle(func(process uintptr) {
		if ours, dup = copyOf(windows.Handle(process), false); dup == nil {
			peer, dup = copyOf(windows.Handle(process), false)
		}
	})
	if err = errors.Join(err, dup); err != nil {
		if ours != 0 {
			_ = windows.CloseHandle(ours)
		}
		return nil, fmt.Errorf("proc: a handle of the worker: %w", err)
	}
	control.setPeer(peer)
	return func(state *os.ProcessState) Exit {
		defer func() { _ = windows.CloseHandle(ours) }()
		exit := exitOf(state)
		exit.RSS = int64(memoryOf(ours).peakWorkingSet)
		return exit
	}, nil
}

// There are no signals here. A worker that is ended by one of these codes counts as
// ended by the signal that does the same elsewhere. They are variables, for as constants
// they could not be made an int where that has 32 bits.
var (
	codeKilled     uint32 = 0xa5c60009
	codeTerminated uint32 = 0xa5c6000f
)

// Signal ends the worker if sig is SIGKILL; there are no others. If it is gone already,
// nothing happens.
func (c *Child) Signal(sig syscall.Signal) error {
	if sig != syscall.SIGKILL {
		return fmt.Errorf("proc: signal %v: %w", sig, errors.ErrUnsupported)
	}
	var ended error
	err := c.cmd.Process.WithHandle(func(process uintptr) {
		ended = windows.TerminateProcess(windows.Handle(process), codeKilled)
	})
	if err != nil || errors.Is(ended, windows.ERROR_ACCESS_DENIED) { // it was waited for, or is ending
		return nil
	}
	return os.NewSyscallError("TerminateProcess", ended)
}

// Stopped reports false: processes are not stopped here.
func (*Child) Stopped() bool { return false }

// Exiting reports true: that the worker has begun to end cannot be seen.
func (*Child) Exiting() bool { return true }

// RSS returns the resident size of the worker in bytes, 0 if it is unknown.
func (c *Child) RSS() (size int64) {
	_ = c.cmd.Process.WithHandle(func(process uintptr) {
		size = int64(memoryOf(windows.Handle(process)).workingSet)
	})
	return size
}

// KnowsRSS reports whether Child.RSS tells the size of a worker.
func KnowsRSS() bool { return true }

func exitOf(state *os.ProcessState) Exit {
	exit := Exit{Code: state.ExitCode(), CPU: state.UserTime() + state.SystemTime()}
	switch uint32(exit.Code) {
	case codeKilled:
		exit.Code, exit.Signal = -1, syscall.SIGKILL
	case codeTerminated:
		exit.Code, exit.Signal = -1, syscall.SIGTERM
	}
	return exit
}

// counters is PROCESS_MEMORY_COUNTERS.
type counters struct {
	size                       uint32
	faults                     uint32
	peakWorkingSet, workingSet uintptr
	_                          [6]uintptr
}

var getProcessMemoryInfo = windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")

func memoryOf(process windows.Handle) counters {
	c := counters{size: uint32(unsafe.Sizeof(counters{}))}
	if ok, _, _ := getProcessMemoryInfo.Call(uintptr(process), uintptr(unsafe.Pointer(&c)), uintptr(c.size)); ok == 0 {
		return counters{}
	}
	return c
}
