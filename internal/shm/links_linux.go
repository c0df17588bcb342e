//go:build !asyncgo_portable

package shm

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Beside the range of the control pages there is one for the links of the robust
// list, so that the distance from a link to its lock word is span.
//
//	links: private, written by this process only     words: one file page each
//	┌────────┬────────┬────────┬─ … ─┐              ┌────────┬────────┬─ … ─┐
//	│ head   │ page 1 │ page 2 │     │ ◄── span ──► │ (none) │ page 1 │     │
//	└────────┴────────┴────────┴─ … ─┘              └────────┴────────┴─ … ─┘
type linkPages struct {
	base unsafe.Pointer
	open int // bytes that are usable
}

// chunk is how much of the links' range is made usable at a time.
const chunk = 1 << 20

// reserve reserves both ranges and returns that of the words.
func (l *linkPages) reserve() (words unsafe.Pointer, err error) {
	base, err := reserveRange(2 * span)
	if err != nil {
		return nil, err
	}
	if err := unix.Mprotect(unsafe.Slice((*byte)(base), chunk), unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return nil, os.NewSyscallError("mprotect", err)
	}
	l.base, l.open = base, chunk
	return unsafe.Add(base, span), nil
}

// upTo makes the links of a page usable.
func (l *linkPages) upTo(slot int) error {
	for (slot+1)*pageSize > l.open {
		more := unsafe.Slice((*byte)(unsafe.Add(l.base, l.open)), chunk)
		if err := unix.Mprotect(more, unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return os.NewSyscallError("mprotect", err)
		}
		l.open += chunk
	}
	return nil
}

// listHeadAt returns where the robust list's head lives.
func (c *controlPages) listHeadAt() (unsafe.Pointer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.reserve()
	return c.links.base, err
}

// linkOf returns the link that belongs to a lock word.
func linkOf(word unsafe.Pointer) *link { return (*link)(unsafe.Add(word, -span)) }
