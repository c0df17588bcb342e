//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd || windows

package shm

import (
	"fmt"
	"sync"
)

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
		if size > 0 {
			return createNamed(name, size)
		}
		return attachNamed(name)
	})
}

// mapNamed maps the memory behind fd, which stays the caller's.
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
		n.parts.closeFile()
		n.parts.retire()
		n.data = nil
	}
}
