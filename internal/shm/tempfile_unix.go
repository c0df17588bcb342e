//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package shm

import (
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/internal/unlinked"
)

// tempFiles are unlinked temporary files. Nothing keeps a process of the tree from
// shrinking one, after which access is a bus error.
type tempFiles struct{ descriptors }

func (tempFiles) place() string {
	if dir, err := unlinked.Place(); err == nil {
		return dir
	}
	return "the folder of temporary files"
}

func (tempFiles) create(size, first int) (int, error) {
	fail := func(err error) error { return fmt.Errorf("shared memory of %d bytes: %w", size, err) }
	// What will be reserved later must be possible, too.
	if err := memory.check(fileSize(size)); err != nil {
		return -1, fail(err)
	}
	f, err := unlinked.File(fileSize(size), 0)
	if err != nil {
		return -1, fail(err)
	}
	fd, err := files.take(f)
	if err != nil {
		return -1, fail(err)
	}
	if err := files.reserve(fd, 0, fileSize(first)); err != nil {
		files.close(fd)
		return -1, fail(err)
	}
	return fd, nil
}

func (tempFiles) check(fd, size int) error { return checkSize(fd, size) }
