package proc

import "golang.org/x/sys/unix"

// To write to a socket that is not read any more must be an error, not SIGPIPE: see
// noSignal.
const sendFlags = unix.MSG_DONTWAIT

func noSignal(fd int) { _ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1) }
