package unlinked

import (
	"os"

	"golang.org/x/sys/unix"
)

// In /dev/shm nothing is written to a disk.
var folders = []string{"/dev/shm", os.TempDir()}

func allocate(fd int, from, n int64) error {
	if n == 0 {
		return nil
	}
	return unix.Fallocate(fd, 0, from, n)
}
