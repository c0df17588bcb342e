package shm

import (
	"os"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

// A file is a descriptor that may be closed while others ask for it. It is an
// object of its own because the cleanup of a dead segment still needs it.
type file struct {
	mu sync.Mutex
	fd int // -1 once closed; guarded by mu
}

func (f *file) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fd >= 0 {
		closeFile(f.fd)
		f.fd = -1
	}
}

// dup returns a duplicate that the caller owns.
func (f *file) dup() (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fd < 0 {
		return -1, handoff.ErrGone
	}
	fd, err := dupFile(f.fd)
	return fd, os.NewSyscallError("dup", err)
}
