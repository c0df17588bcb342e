package unlinked

import (
	"os"

	"golang.org/x/sys/unix"
)

// In /dev/shm nothing is written to a disk.
func folders() []string { return []string{"/dev/shm", os.TempDir()} }

const remedy = "mount /dev/shm (mount -t tmpfs tmpfs /dev/shm), or set TMPDIR to a folder that can be written to"

func allocate(fd int, from, n int64) error {
	if n == 0 {
		return nil
	}
	return unix.Fallocate(fd, 0, from, n)
}
