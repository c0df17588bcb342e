//go:build unix

// Package unlinked makes files without a name, for memory that processes share: those
// that Linux makes in no folder, and temporary ones whose name is removed at once.
package unlinked

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// place is the folder in which File makes files, once one could be made.
var place struct {
	mu  sync.Mutex
	dir string // guarded by mu
}

// Place returns the folder in which File makes files: the first in which one can be. The
// error says what keeps them from being made, and the remedy.
func Place() (string, error) {
	place.mu.Lock()
	defer place.mu.Unlock()
	if place.dir != "" {
		return place.dir, nil
	}
	var err error
	for _, dir := range folders() {
		f, createErr := create(dir)
		if createErr == nil {
			_ = f.Close()
			place.dir = dir
			return dir, nil
		}
		if err == nil {
			err = createErr
		} else {
			err = fmt.Errorf("%w, %w", err, createErr)
		}
	}
	return "", fmt.Errorf("no file can be made for memory that processes share in %s: %w: %s",
		strings.Join(folders(), " or "), err, remedy)
}

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
	dir, err := Place()
	if err != nil {
		return nil, err
	}
	f, err := create(dir)
	if err != nil {
		return nil, fmt.Errorf("a file for memory that processes share: %w", err)
	}
	if err := f.Truncate(size); err != nil {
		_ = f.Close()
		return nil, err
	}
	if err := Reserve(int(f.Fd()), 0, first); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("room in %s: %w", dir, os.NewSyscallError("write", err))
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
