//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package shm

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// dataStart is where the data of a segment begins in its file.
var dataStart = pageSize

// descriptors are what files are on Unix.
type descriptors struct{}

func (descriptors) take(f *os.File) (int, error) {
	defer f.Close()
	conn, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := -1
	var dupErr error
	if err := conn.Control(func(raw uintptr) { fd, dupErr = descriptors{}.dup(int(raw)) }); err != nil {
		return -1, err
	}
	return fd, os.NewSyscallError("dup", dupErr)
}

func (descriptors) dup(fd int) (int, error) {
	return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
}

func (descriptors) close(fd int) { _ = unix.Close(fd) }

// checkSize asks the kernel, not the sender, whether fd is a file for size bytes of
// data.
func checkSize(fd, size int) error {
	if size < 0 || size > maxSize {
		return fmt.Errorf("%w: a size of %d bytes", ErrMismatch, size)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size != fileSize(size) {
		return fmt.Errorf("%w: the file has %d bytes, not %d", ErrMismatch, st.Size, fileSize(size))
	}
	return nil
}
