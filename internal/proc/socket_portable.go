//go:build (linux && asyncgo_portable) || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// socketpair returns the two ends of a stream: ours, which is not blocking, and one for
// a child.
func socketpair(name string) (ours int, theirs *os.File, err error) {
	// Not all systems have SOCK_CLOEXEC; the lock keeps forks out meanwhile.
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, nil, fmt.Errorf("proc: socketpair: %w", err)
	}
	for _, fd := range fds {
		noSignal(fd)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		_ = unix.Close(fds[0])
		_ = unix.Close(fds[1])
		return -1, nil, fmt.Errorf("proc: socketpair: %w", err)
	}
	return fds[0], os.NewFile(uintptr(fds[1]), name), nil
}

// checkSocket reports whether a descriptor that this process has inherited is a
// socket like those, and keeps the processes that a task starts from inheriting it.
func checkSocket(inherited uintptr, what string) (fd int, err error) {
	fd = int(inherited)
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return -1, fmt.Errorf("descriptor %d, the %s: %w", fd, what, err)
	}
	if kind != unix.SOCK_STREAM {
		return -1, fmt.Errorf("descriptor %d is not the %s", fd, what)
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return -1, fmt.Errorf("descriptor %d, the %s: %w", fd, what, err)
	}
	return fd, nil
}
