package executor_test

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// killed is the exit code that counts as a SIGKILL.
const killed = 0xa5c60009

func killProcess(pid int) error {
	h, err := windows.OpenProcess(windows.PROCESS_TERMINATE, false, uint32(pid))
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(h) }()
	return windows.TerminateProcess(h, killed)
}

// dieOf ends this process as a signal would elsewhere.
func dieOf(syscall.Signal) { _ = windows.TerminateProcess(windows.CurrentProcess(), killed) }

// runs reports whether a process exists.
func runs(pid int) bool {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return false
	}
	defer func() { _ = windows.CloseHandle(h) }()
	event, err := windows.WaitForSingleObject(h, 0)
	return err == nil && event == uint32(windows.WAIT_TIMEOUT)
}
