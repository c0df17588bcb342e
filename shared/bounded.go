package shared

import (
	"context"
	"fmt"
	"io/fs"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A BoundedSemaphore limits how many work at once, among all processes. It is
// Python's multiprocessing.BoundedSemaphore, except that a unit comes back
// within milliseconds when the process that holds it dies.
//
// Each unit is a lock in memory, which the dead lose; that is also why there can be no
// more than 240. As in Python, another goroutine or
// process than the one that acquired a unit may release it.
//
// The zero BoundedSemaphore is closed; it can be decoded into. A BoundedSemaphore
// must not be copied. Value panics with ErrClosed after Close.
type BoundedSemaphore struct{ h handle }

// boundedLocal is what the handles of one process share.
type boundedLocal struct {
	next atomic.Uint32 // where to look for a free unit first
}

// NewBoundedSemaphore makes a semaphore of n units, from 1 to 240.
func NewBoundedSemaphore(n int) (*BoundedSemaphore, error) {
	if n < 1 || n > shm.Cells {
		return nil, fmt.Errorf("shared: a bounded semaphore of %d units is not possible: from 1 to %d: %w", n, shm.Cells, fs.ErrInvalid)
	}
	s := new(BoundedSemaphore)
	if err := s.h.create(shm.Header{Kind: kindBoundedSemaphore, Len: uint64(n)}, 0); err != nil {
		return nil, err
	}
	return s, nil
}

// claim takes a unit if one is free.
func claimUnit(seg *shm.Segment) bool {
	n := int(seg.Head().Len)
	start := int(shm.Local[boundedLocal](seg).next.Add(1) % uint32(n))
	for i := range n {
		i = (start + i) % n
		if seg.CellHeld(i) {
			continue
		}
		if seg.Cell(i).TryLock() {
			return true
		}
	}
	return false
}

// Acquire takes a unit, waiting for it as long as ctx allows. In a task the wait
// suspends the task. If ctx ends first, Acquire returns ctx's error and has taken
// nothing; a unit that is free it takes even if ctx is done already. After Close, also
// one during the wait, it returns ErrClosed. If the process dies, its units come back
// within milliseconds.
func (s *BoundedSemaphore) Acquire(ctx context.Context) error {
	seg, err := s.h.use()
	if err != nil {
		return err
	}
	return lockError(seg.Lot(offLot).Wait(ctx, &s.h.closed, func() (bool, error) { return claimUnit(seg), nil }))
}

// TryAcquire takes a unit if one is free, and reports whether it did; each call takes
// another one. It never blocks; after Close it returns [ErrClosed]. If the process
// dies, its units come back. It is Python's acquire(block=False).
func (s *BoundedSemaphore) TryAcquire() (bool, error) {
	seg, err := s.h.use()
	if err != nil {
		return false, err
	}
	return claimUnit(seg), nil
}

// Release gives a unit back and wakes one waiter: one of this process if it has
// any, else one of another process. It never blocks. It returns ErrNotAcquired
// if all units are free. It works on a closed handle too, so that closing cannot
// keep a unit from the other processes.
func (s *BoundedSemaphore) Release() error {
	seg := s.h.seg.Load()
	if seg == nil {
		return ErrClosed
	}
	for _, own := range []bool{true, false} {
		for i := range int(seg.Head().Len) {
			if !seg.CellHeld(i) || own && !seg.Cell(i).Ours() {
				continue
			}
			if seg.Cell(i).Unlock() == nil {
				seg.Lot(offLot).Signal(1)
				return nil
			}
		}
	}
	return ErrNotAcquired
}

// Value returns how many units are free. By the time it returns there may be more or
// fewer. After Close it panics with [ErrClosed]. It is Python's get_value.
func (s *BoundedSemaphore) Value() int {
	seg := s.h.must()
	free := 0
	for i := range int(seg.Head().Len) {
		if !seg.CellHeld(i) {
			free++
		}
	}
	return free
}

// Close ends the use of this handle; other handles, here and in other processes, go
// on. Units that this process holds stay taken until it releases them. Goroutines that
// wait through this handle get ErrClosed. Closing twice does nothing. If the process
// dies, the kernel closes its handles.
func (s *BoundedSemaphore) Close() error { return s.h.shut() }

// MarshalBinary encodes the handle for another process. To encode it again gives one
// that is as good. If this process dies before it is decoded, UnmarshalBinary fails
// there. After Close MarshalBinary returns [ErrClosed].
func (s *BoundedSemaphore) MarshalBinary() ([]byte, error) { return s.h.marshal() }

// UnmarshalBinary makes s a handle of the semaphore that b encodes. It may ask the
// process that sent b for a descriptor, which blocks for one round trip. If that
// process has died it returns an error. What the handle was before is replaced, and a
// closed one is open again.
func (s *BoundedSemaphore) UnmarshalBinary(b []byte) error {
	return s.h.unmarshal(b, func(head shm.Header, size int) error {
		if head.Kind != kindBoundedSemaphore || size != 0 || head.Len < 1 || head.Len > shm.Cells {
			return fmt.Errorf("%w: the handle is not that of a BoundedSemaphore", ErrType)
		}
		return nil
	})
}
