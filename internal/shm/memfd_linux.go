//go:build !asyncgo_portable

package shm

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/unlinked"
)

var files segmentFiles = memfds{}

// memfds are files without a name that no process can shrink. Where the kernel has none,
// or refuses them, they are temporary files.
type memfds struct{ descriptors }

func (memfds) place() string {
	if !unlinked.HasMemfd() {
		return tempFiles{}.place()
	}
	return "the memory of this machine"
}

// wantSeals are the seals of every segment. Without them a process could shrink
// the file under the others, and their next access would be a bus error.
const wantSeals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// create makes a file for size bytes of data and takes the memory for the first.
func (memfds) create(size, first int) (int, error) {
	if !unlinked.HasMemfd() {
		return tempFiles{}.create(size, first)
	}
	fail := func(what string, err error) error {
		return fmt.Errorf("shared memory of %d bytes: %w", size, os.NewSyscallError(what, err))
	}
	// What will be reserved later must be possible, too.
	if err := memory.check(fileSize(size)); err != nil {
		return -1, fail("memfd_create", err)
	}
	fd, err := unlinked.Memfd("asyncgo")
	if err != nil {
		return -1, fail("memfd_create", err)
	}
	if err := unix.Ftruncate(fd, fileSize(size)); err != nil {
		files.close(fd)
		return -1, fail("ftruncate", err)
	}
	if err := files.reserve(fd, 0, fileSize(first)); err != nil {
		files.close(fd)
		return -1, fail("fallocate", err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, wantSeals); err != nil {
		files.close(fd)
		return -1, fail("fcntl(F_ADD_SEALS)", err)
	}
	return fd, nil
}

// check asks the kernel, not the sender, whether fd is a segment with size
// bytes of data that no process can shrink, where there is such a thing.
func (memfds) check(fd, size int) error {
	if err := checkSize(fd, size); err != nil {
		return err
	}
	if !unlinked.HasMemfd() {
		return nil
	}
	seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if err != nil || seals&wantSeals != wantSeals {
		return fmt.Errorf("%w: the file is not sealed against shrinking", ErrMismatch)
	}
	return nil
}
