//go:build dragonfly || freebsd || netbsd || openbsd

package proc

import "golang.org/x/sys/unix"

// To write to a socket that is not read any more must be an error, not SIGPIPE.
const sendFlags = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL

func noSignal(int) {}
