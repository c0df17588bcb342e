package shm

import (
	"fmt"
	"math/bits"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// span is the size of the range of addresses for control pages, and so the
// distance from a robust list's link to its lock word. 65,536 pages are as many
// mappings as Linux grants a process by default.
const span = 256 << 20 >> (4 * (1 - bits.UintSize/64)) // 16 MiB where addresses have 32 bits

// chunk is how much of the links' range is made usable at a time.
const chunk = 1 << 20

// controls holds the control pages of this process.
//
//	links: private, written by this process only     words: one file page each
//	┌────────┬────────┬────────┬─ … ─┐              ┌────────┬────────┬─ … ─┐
//	│ head   │ page 1 │ page 2 │     │ ◄── span ──► │ (none) │ page 1 │     │
//	└────────┴────────┴────────┴─ … ─┘              └────────┴────────┴─ … ─┘
var controls controlPages

type controlPages struct {
	mu   sync.Mutex
	base unsafe.Pointer // of the links; nil before the first use
	open int            // bytes of links that are usable
	next int            // first slot that was never used
	free []int          // slots that were given back
}

// reserve sets the ranges up. The caller holds mu.
func (c *controlPages) reserve() error {
	if c.base != nil {
		return nil
	}
	base, err := unix.MmapPtr(-1, 0, nil, 2*span, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return fmt.Errorf("addresses for shared memory: %w", os.NewSyscallError("mmap", err))
	}
	if err := unix.Mprotect(unsafe.Slice((*byte)(base), chunk), unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return os.NewSyscallError("mprotect", err)
	}
	c.base, c.open = base, chunk
	c.next = 1 // the links' page 0 holds the head of the list
	return nil
}

// head returns where the robust list's head lives.
func (c *controlPages) head() (unsafe.Pointer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base, c.reserve()
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
		return 0, nil, fmt.Errorf("this process has %d shared objects open, which is the most: %w", slot-1, unix.ENOMEM)
	}
	for (slot+1)*pageSize > c.open {
		more := unsafe.Slice((*byte)(unsafe.Add(c.base, c.open)), chunk)
		if err := unix.Mprotect(more, unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return 0, nil, os.NewSyscallError("mprotect", err)
		}
		c.open += chunk
	}
	page = unsafe.Add(c.base, span+slot*pageSize)
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
	_, err := unix.MmapPtr(-1, 0, unsafe.Add(c.base, span+slot*pageSize), uintptr(pageSize),
		unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED|unix.MAP_NORESERVE)
	if err == nil { // else the page stays mapped and its slot unused: a leak, but a safe one
		c.free = append(c.free, slot)
	}
}

// link returns the link that belongs to a lock word.
func (c *controlPages) link(word unsafe.Pointer) *link { return (*link)(unsafe.Add(word, -span)) }
