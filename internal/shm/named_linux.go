package shm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// namedDir is where glibc's shm_open, and with it Python, keeps named memory.
const namedDir = "/dev/shm"

// Named is memory that has a name and no header.
type Named struct {
	Name string

	mu    sync.Mutex
	data  []byte // nil once closed; guarded by mu
	parts *parts
}

// OpenNamed creates named memory of size bytes, or attaches to it if size is 0.
// All of the memory is taken at once, also that which another program has left out:
// otherwise the first access to it could be a fault.
func OpenNamed(name string, size int) (*Named, error) {
	if size < 0 || size > maxSize {
		return nil, sizeError(size)
	}
	all.makeRoom(size)
	return withRoom(func() (*Named, error) {
		path := filepath.Join(namedDir, name)
		if size > 0 {
			return createNamed(name, path, size)
		}
		fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
		if err != nil {
			return nil, err
		}
		defer files.close(fd)
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return nil, os.NewSyscallError("fstat", err)
		}
		if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size < 1 || st.Size > int64(maxSize) {
			return nil, fmt.Errorf("%w: a file of %d bytes is no memory", ErrMismatch, st.Size)
		}
		if err := reserveHoles(fd, st); err != nil {
			return nil, err
		}
		return mapNamed(fd, name, int(st.Size))
	})
}

// createNamed gives the memory its name last: no process attaches to one that is not
// complete, and one that cannot be made leaves no name.
func createNamed(name, path string, size int) (*Named, error) {
	fd, err := unix.Open(namedDir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, os.NewSyscallError("open(O_TMPFILE)", err)
	}
	defer files.close(fd)
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		return nil, os.NewSyscallError("ftruncate", err)
	}
	if err := files.reserve(fd, 0, int64(size)); err != nil {
		return nil, fmt.Errorf("%d bytes in %s: %w", size, namedDir, os.NewSyscallError("fallocate", err))
	}
	n, err := mapNamed(fd, name, size)
	if err != nil {
		return nil, err
	}
	self := "/proc/self/fd/" + strconv.Itoa(fd)
	if err := unix.Linkat(unix.AT_FDCWD, self, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW); err != nil {
		n.Close()
		return nil, os.NewSyscallError("linkat", err)
	}
	if NameMade != nil {
		NameMade(path)
	}
	return n, nil
}

func mapNamed(fd int, name string, size int) (*Named, error) {
	if err := mappings.take(); err != nil {
		return nil, err
	}
	data, err := rooms.take(fd, 0, roundUp(size))
	if err != nil {
		return nil, fmt.Errorf("%d bytes: %w", size, err)
	}
	n := &Named{Name: name, data: data.bytes(size), parts: &parts{fd: -1, slot: -1, data: data}}
	own(n, n.parts)
	return n, nil
}

// UnlinkNamed removes a name.
func UnlinkNamed(name string) error { return unix.Unlink(filepath.Join(namedDir, name)) }

// Size returns the number of bytes, 0 once closed.
func (n *Named) Size() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.data)
}

// Bytes returns the memory for a user, or nil once closed: see parts.slice.
func (n *Named) Bytes() []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.data != nil {
		n.parts.slice()
	}
	return n.data
}

// Close gives the memory back; slices of it read as zeros from then on.
func (n *Named) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.data != nil {
		n.parts.retire()
		n.data = nil
	}
}

// reserveHoles takes the memory that the file of another program lacks.
func reserveHoles(fd int, st unix.Stat_t) error {
	holes := st.Size - st.Blocks*512
	if holes <= 0 {
		return nil
	}
	if err := memory.take(holes); err != nil {
		return err
	}
	for {
		err := unix.Fallocate(fd, 0, 0, st.Size)
		if errors.Is(err, unix.EOPNOTSUPP) { // no tmpfs: its owner's business
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fallocate", err)
		}
	}
}
