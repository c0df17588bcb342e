package unlinked

import (
	"errors"
	"sync"

	"golang.org/x/sys/unix"
)

// Memfd makes a file in no folder, whose size can be sealed. The name is for those who
// look at the descriptors of a process.
func Memfd(name string) (fd int, err error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err = unix.MemfdCreate(name, flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3; later ones may insist on the flag
		fd, err = unix.MemfdCreate(name, flags)
	}
	return fd, err
}

// HasMemfd reports whether there is Memfd: an old kernel lacks it, and the filter of a
// container may refuse it. Then there is File, whose files any process that has one can
// make smaller.
var HasMemfd = sync.OnceValue(func() bool {
	fd, err := Memfd("asyncgo")
	if err != nil {
		return !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES)
	}
	_ = unix.Close(fd)
	return true
})
