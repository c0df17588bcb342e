//go:build unix && (!linux || asyncgo_portable)

package live

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/unlinked"
)

// keep keeps the programs that this process executes from having the file.
func keep(fd uintptr) { unix.CloseOnExec(int(fd)) }

// create makes a file that no other process can open.
func create() (*os.File, error) { return unlinked.File(headSize, headSize) }

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
