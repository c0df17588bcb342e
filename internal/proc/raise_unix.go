//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import "golang.org/x/sys/unix"

// raise sends this process a signal. Another thread may get it, so that raise may return
// although the process is about to end.
func raise(sig unix.Signal) { _ = unix.Kill(unix.Getpid(), sig) }
