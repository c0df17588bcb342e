//go:build unix

package live

import (
	"encoding/binary"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/unlinked"
)

// file is never closed, and there is no second descriptor of it: the locks are those
// of POSIX, which a process loses with any descriptor of the file that it closes. They
// are not inherited by a fork.
var file *os.File

// Adopt makes a descriptor that this process has inherited the file of its tree. It is
// called before anything else.
func Adopt(fd uintptr) {
	unix.CloseOnExec(int(fd))
	file = os.NewFile(fd, "asyncgo-live")
}

// File returns the file for a child to inherit.
func File() (*os.File, error) {
	_, _, err := Start()
	return file, err
}

func openFile() (tree uint64, err error) {
	var b [8]byte
	if file != nil {
		if _, err := file.ReadAt(b[:], 0); err != nil {
			return 0, err
		}
		return binary.LittleEndian.Uint64(b[:]), nil
	}
	f, err := unlinked.File(int64(len(b)), int64(len(b)))
	if err != nil {
		return 0, err
	}
	b = newTree()
	if _, err := f.WriteAt(b[:], 0); err != nil {
		_ = f.Close()
		return 0, err
	}
	file = f
	return binary.LittleEndian.Uint64(b[:]), nil
}

func lockByte(id uint32) (bool, error) {
	for {
		err := unix.FcntlFlock(file.Fd(), unix.F_SETLK, byteOf(id))
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EACCES):
			return false, nil // another process has the number
		default:
			return err == nil, err
		}
	}
}

// Dead reports whether the process with this number has ended. It takes one system
// call, unless it is this process. What cannot be asked counts as alive.
func Dead(id uint32) bool {
	if id == self.id {
		return false
	}
	lock := byteOf(id)
	err := unix.FcntlFlock(file.Fd(), unix.F_GETLK, lock)
	return err == nil && lock.Type == unix.F_UNLCK
}

func byteOf(id uint32) *unix.Flock_t {
	return &unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: int64(id), Len: 1}
}
