//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package shm

import (
	"fmt"
	"math/bits"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// span is the size of the range of addresses for control pages. 65,536 pages are as
// many mappings as Linux grants a process by default.
const span = 256 << 20 >> (4 * (1 - bits.UintSize/64)) // 16 MiB where addresses have 32 bits

// controls holds the control pages of this process.
var controls controlPages

type controlPages struct {
	mu    sync.Mutex
	words unsafe.Pointer // the range; nil before the first use
	next  int            // first slot that was never used
	free  []int          // slots that were given back
}

// reserve reserves the range. The caller holds mu.
func (c *controlPages) reserve() error {
	if c.words != nil {
		return nil
	}
	base, err := unix.MmapPtr(-1, 0, nil, span, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|mapNoReserve)
	if err != nil {
		return fmt.Errorf("addresses for shared memory: %w", os.NewSyscallError("mmap", err))
	}
	c.words = base
	return nil
}

// take maps the first page of fd.
func (c *controlPages) take(fd int) (slot int, page unsafe.Pointer, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.reserve(); err != nil {
		return 0, nil, err
	}
	if n := len(c.free); n > 0 {
		slot = c.free[n-1]
	} else if slot = c.next; (slot+1)*pageSize > span {
		return 0, nil, fmt.Errorf("this process has %d shared objects open, which is the most: %w", slot, unix.ENOMEM)
	}
	page = unsafe.Add(c.words, slot*pageSize)
	_, err = unix.MmapPtr(fd, 0, page, uintptr(pageSize), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_FIXED)
	// Also after an error: the kernel may have taken away what was there.
	if slot == c.next {
		c.next++
	} else {
		c.free = c.free[:len(c.free)-1]
	}
	if err != nil {
		return 0, nil, fmt.Errorf("shared memory: %w", os.NewSyscallError("mmap", err))
	}
	return slot, page, nil
}

// give takes a page back that nothing can reach any more.
func (c *controlPages) give(slot int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := unix.MmapPtr(-1, 0, unsafe.Add(c.words, slot*pageSize), uintptr(pageSize),
		unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_FIXED|mapNoReserve)
	if err == nil { // else the page stays mapped and its slot unused: a leak, but a safe one
		c.free = append(c.free, slot)
	}
}
