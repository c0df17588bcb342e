package shm

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

var pageSize = os.Getpagesize()

// fileSize is the size of the file for size bytes of data.
func fileSize(size int) int64 { return int64(dataStart) + int64(roundUp(size)) }

func roundUp(n int) int { return (n + pageSize - 1) &^ (pageSize - 1) }

// maxSize leaves room for rounding and keeps sums far from overflow.
const maxSize = int(^uint(0)>>1) >> 2

// sizeError refuses a size that cannot be.
func sizeError(size int) error {
	if size < 0 {
		return fmt.Errorf("a size of %d bytes is negative: %w", size, fs.ErrInvalid)
	}
	return fmt.Errorf("%d bytes are more than a process can map: %w", size, syscall.ENOMEM)
}

// mapSegment maps fd, of which it takes care in any case. The segment has one
// handle, but is not listed.
func mapSegment(fd int, id handoff.ID, h Header, size int) (*Segment, error) {
	if err := startLocks(); err != nil {
		files.close(fd)
		return nil, err
	}
	if err := mappings.take(); err != nil {
		files.close(fd)
		return nil, err
	}
	slot, page, err := controls.take(fd)
	if err != nil {
		files.close(fd)
		return nil, err
	}
	p := &parts{fd: fd, slot: slot}
	if size > 0 {
		p.data, err = rooms.take(fd, int64(dataStart), roundUp(size))
	}
	if err != nil {
		p.free()
		return nil, fmt.Errorf("shared memory of %d bytes: %w", size, err)
	}
	s := &Segment{id: id, head: h, size: size, control: page, data: p.data.bytes(size), parts: p, handles: 1}
	s.main.init(s, offMain)
	s.aux.init(s, offAux)
	own(s, p)
	return s, nil
}
