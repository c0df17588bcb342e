//go:build !asyncgo_portable

package shm

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// unnamed makes a file that has no name unless it gets one.
func unnamed() (int, nameless, error) {
	fd, err := openFile(namedDir(), unix.O_TMPFILE|unix.O_RDWR)
	if err != nil {
		return -1, nameless{}, os.NewSyscallError("open(O_TMPFILE)", err)
	}
	l := nameless{path: "/proc/self/fd/" + strconv.Itoa(fd), flags: unix.AT_SYMLINK_FOLLOW}
	if unix.Access(l.path, unix.F_OK) != nil { // no /proc
		files.close(fd)
		return unnamedByName()
	}
	return fd, l, nil
}
