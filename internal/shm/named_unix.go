//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package shm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Named memory is a file in a folder that all programs know. Its file is for its user
// only.

// pathOf returns the path of a name.
func pathOf(name string) string { return filepath.Join(namedDir(), namedPrefix+name) }

func attachNamed(name string) (*Named, error) {
	fd, err := openFile(pathOf(name), unix.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return nil, folderError(err)
	}
	defer files.close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size < 1 || st.Size > int64(maxSize) {
		return nil, fmt.Errorf("%w: a file of %d bytes is no memory", ErrMismatch, st.Size)
	}
	if err := usable(fd, st); err != nil {
		return nil, err
	}
	return mapNamed(fd, name, int(st.Size))
}

// createNamed gives the memory its name last: no process attaches to one that is not
// complete, and one that cannot be made leaves no name.
func createNamed(name string, size int) (*Named, error) {
	fd, link, err := unnamed()
	if err != nil {
		return nil, folderError(err)
	}
	defer files.close(fd)
	defer link.drop()
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		return nil, os.NewSyscallError("ftruncate", err)
	}
	if err := files.reserve(fd, 0, int64(size)); err != nil {
		return nil, fmt.Errorf("%d bytes in %s: %w", size, namedDir(), os.NewSyscallError("fallocate", err))
	}
	n, err := mapNamed(fd, name, size)
	if err != nil {
		return nil, err
	}
	path := pathOf(name)
	if err := link.as(path); err != nil {
		n.Close()
		return nil, os.NewSyscallError("linkat", err)
	}
	if NameMade != nil {
		NameMade(path)
	}
	return n, nil
}

// A nameless is a file of unnamed that gets its name later.
type nameless struct {
	path  string // by which it can be linked
	flags int    // for that
	other bool   // path is a name that goes
}

func (l nameless) as(path string) error {
	return unix.Linkat(unix.AT_FDCWD, l.path, unix.AT_FDCWD, path, l.flags)
}

func (l nameless) drop() {
	if l.other {
		_ = unix.Unlink(l.path)
	}
}

// unnamedByName makes a file with a name that no program knows. A process that is killed
// before drop leaves it.
func unnamedByName() (int, nameless, error) {
	f, err := os.CreateTemp(namedDir(), "asyncgo-new-*") // for its user only
	if err != nil {
		return -1, nameless{}, err
	}
	l := nameless{path: f.Name(), other: true}
	fd, err := files.take(f)
	if err != nil {
		l.drop()
	}
	return fd, l, err
}

func openFile(path string, flags int) (int, error) {
	for {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o600)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}

// UnlinkNamed removes a name.
func UnlinkNamed(name string) error { return folderError(unix.Unlink(pathOf(name))) }

// folderError explains an error of the folder of the names: it is not about a name.
func folderError(err error) error {
	dir := namedDir()
	if err == nil {
		return nil
	}
	info, statErr := os.Stat(dir)
	switch {
	case statErr != nil && errors.Is(statErr, fs.ErrNotExist), statErr == nil && !info.IsDir():
		// Not ErrNotExist, which would be said of the name.
		return fmt.Errorf("named memory is kept in %s, and there is no such folder: %s", dir, namedRemedy)
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("named memory is kept in %s: %w: %s", dir, err, namedRemedy)
	}
	return err
}
