package shm

import (
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
	block *block // nil once closed; guarded by mu
	size  int
}

// OpenNamed creates named memory of size bytes, or attaches to it if size is 0.
func OpenNamed(name string, size int) (*Named, error) {
	path := filepath.Join(namedDir, name)
	var fd int
	var err error
	if size > 0 {
		fd, err = createNamed(path, size)
	} else {
		fd, err = unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	}
	if err != nil {
		return nil, err
	}
	defer closeFile(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size < 1 || st.Size > int64(maxSize) {
		return nil, fmt.Errorf("%w: a file of %d bytes is no memory", ErrMismatch, st.Size)
	}
	b, err := newBlock(fd, 0, roundUp(int(st.Size)))
	if err != nil {
		return nil, err
	}
	return &Named{Name: name, block: b, size: int(st.Size)}, nil
}

// createNamed makes the file complete before it gives it its name, so that
// nobody attaches to one that has no size yet.
func createNamed(path string, size int) (int, error) {
	if size > maxSize {
		return -1, fmt.Errorf("%d bytes are more than a process can map", size)
	}
	fd, err := unix.Open(namedDir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return -1, os.NewSyscallError("open(O_TMPFILE)", err)
	}
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		closeFile(fd)
		return -1, os.NewSyscallError("ftruncate", err)
	}
	self := "/proc/self/fd/" + strconv.Itoa(fd)
	if err := unix.Linkat(unix.AT_FDCWD, self, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW); err != nil {
		closeFile(fd)
		return -1, os.NewSyscallError("linkat", err)
	}
	return fd, nil
}

// UnlinkNamed removes a name.
func UnlinkNamed(name string) error { return unix.Unlink(filepath.Join(namedDir, name)) }

// Bytes returns the memory, or nil once closed. The slice keeps it alive.
func (n *Named) Bytes() []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.block == nil {
		return nil
	}
	return n.block.bytes[:n.size:n.size]
}

// Close gives the memory back; slices of it read as zeros from then on.
func (n *Named) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.block != nil {
		n.block.retire()
		n.block = nil
	}
}
