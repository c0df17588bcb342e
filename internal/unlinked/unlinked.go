//go:build unix

// Package unlinked makes files without a name, for memory that processes share where
// there is no memfd.
package unlinked

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Place returns the folder in which File makes files: the first in which one can be.
func Place() string { return place() }

var place = sync.OnceValue(func() string {
	for _, dir := range folders {
		if f, err := create(dir); err == nil {
			_ = f.Close()
			return dir
		}
	}
	return os.TempDir()
})

func create(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "asyncgo-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// File makes a file of size zeroed bytes and takes the room for the first of them.
func File(size, first int64) (*os.File, error) {
	f, err := create(Place())
	if err != nil {
		return nil, fmt.Errorf("a file for memory that processes share: %w: set TMPDIR to a folder that can be written to", err)
	}
	if err := f.Truncate(size); err != nil {
		_ = f.Close()
		return nil, err
	}
	if err := Reserve(int(f.Fd()), 0, first); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("room in %s: %w", Place(), os.NewSyscallError("write", err))
	}
	return f, nil
}

// Reserve takes the room for n new bytes of a file, so that there is an error now or
// none later: a page that cannot be had at its first access is a bus error. It may
// fail with EINTR and be called again.
func Reserve(fd int, from, n int64) error {
	err := allocate(fd, from, n)
	if !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.ENOSYS) {
		return err
	}
	return zero(fd, from, n)
}

var zeros [64 << 10]byte

// zero writes zeros, which takes room on every system.
func zero(fd int, from, n int64) error {
	for n > 0 {
		done, err := unix.Pwrite(fd, zeros[:min(n, int64(len(zeros)))], from)
		if err != nil {
			return err
		}
		from, n = from+int64(done), n-int64(done)
	}
	return nil
}
