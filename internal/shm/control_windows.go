package shm

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/section"
)

// controls holds the control pages of this process. They are views at addresses that
// the system chooses, with one page more, in which each word has the number of those that
// wait at it: see sysWait. The data begins behind that.
var controls controlPages

type controlPages struct {
	mu   sync.Mutex
	next int
	at   map[int]unsafe.Pointer

	semaphores sync.Map // of *semaphores, by the address of their page
}

func (c *controlPages) take(fd int) (slot int, page unsafe.Pointer, err error) {
	page, err = section.Map(windows.Handle(fd), 0, 2*pageSize)
	if err != nil {
		return -1, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil {
		c.at = map[int]unsafe.Pointer{}
	}
	slot = c.next
	c.next++
	c.at[slot] = page
	c.semaphores.Store(uintptr(page), &semaphores{byWord: map[uintptr]windows.Handle{}})
	return slot, page, nil
}

// give takes a page back that nothing can reach any more.
func (c *controlPages) give(slot int) {
	c.mu.Lock()
	page := c.at[slot]
	delete(c.at, slot)
	c.mu.Unlock()
	if s, ok := c.semaphores.LoadAndDelete(uintptr(page)); ok {
		s.(*semaphores).close()
	}
	_ = section.Unmap(page)
}
