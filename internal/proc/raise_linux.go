package proc

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// raise sends this process a signal. If that ends the process raise does not return, for
// it is this thread that gets the signal.
func raise(sig unix.Signal) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), sig)
}
