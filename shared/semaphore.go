package shared

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"runtime"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A Semaphore is a number that processes take from and add to, and wait for
// while it is zero. It is Python's multiprocessing.Semaphore.
//
// It counts: signals, jobs, places. It does not know which process took what, because a
// unit may have been used up rather than be held. Units that a process took
// are therefore gone when it dies, as in Python; to limit how many work at once,
// use a BoundedSemaphore, which gets them back. No death blocks the others in
// any other way.
//
// The zero Semaphore is closed; it can be decoded into. A Semaphore must not be
// copied. Value panics with ErrClosed after Close.
type Semaphore struct{ h handle }

// NewSemaphore makes a semaphore with n units. A negative n is an error.
func NewSemaphore(n int) (*Semaphore, error) {
	if n < 0 || n > math.MaxInt32 {
		return nil, fmt.Errorf("shared: a semaphore of %d units is not possible: %w", n, fs.ErrInvalid)
	}
	s := new(Semaphore)
	if err := s.h.create(shm.Header{Kind: kindSemaphore}, 0); err != nil {
		return nil, err
	}
	s.h.must().U32(offLot).Store(uint32(n))
	return s, nil
}

// takeUnit takes a unit if there is one.
func takeUnit(seg *shm.Segment) bool {
	defer runtime.KeepAlive(seg)
	for units := seg.U32(offLot); ; {
		n := units.Load()
		if n == 0 {
			return false
		}
		if units.CompareAndSwap(n, n-1) {
			seg.Seen()
			return true
		}
	}
}

// Acquire takes a unit, waiting for it as long as ctx allows. In a task the wait
// suspends the task. If ctx ends first, Acquire returns ctx's error and has taken
// nothing; a unit that is there it takes even if ctx is done already. After Close,
// also one during the wait, it returns ErrClosed. If a process dies, the units that it
// has acquired are lost: see [BoundedSemaphore].
func (s *Semaphore) Acquire(ctx context.Context) error {
	seg, err := s.h.use()
	if err != nil {
		return err
	}
	if takeUnit(seg) {
		return nil
	}
	return lockError(seg.Lot(offLot).Wait(ctx, &s.h.closed, func() (bool, error) { return takeUnit(seg), nil }))
}

// TryAcquire takes a unit if there is one, and reports whether it did; each call takes
// another one. It never blocks; after Close it returns [ErrClosed]. If the process
// dies, its units are lost. It is Python's acquire(block=False).
func (s *Semaphore) TryAcquire() (bool, error) {
	seg, err := s.h.use()
	if err != nil {
		return false, err
	}
	return takeUnit(seg), nil
}

// Release adds a unit and wakes one waiter; each call adds another. It never blocks.
// It needs no Acquire before it. More than 2147483647 units are an error, and after
// Close it returns [ErrClosed]. It is Python's release.
func (s *Semaphore) Release() error {
	seg, err := s.h.use()
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(seg)
	seg.Published()
	for units := seg.U32(offLot); ; {
		n := units.Load()
		if n == math.MaxInt32 {
			return errors.New("shared: the semaphore has 2147483647 units already, the most there can be")
		}
		if units.CompareAndSwap(n, n+1) {
			seg.Lot(offLot).Wake(1)
			return nil
		}
	}
}

// Value returns how many units there are. By the time it returns there may be more or
// fewer. After Close it panics with [ErrClosed]. It is Python's get_value.
func (s *Semaphore) Value() int {
	seg := s.h.must()
	defer runtime.KeepAlive(seg)
	return int(seg.U32(offLot).Load())
}

// Close ends the use of this handle; other handles, here and in other processes, go
// on. Goroutines that wait through this handle get ErrClosed. Closing twice does
// nothing. If the process dies, the kernel closes its handles.
func (s *Semaphore) Close() error { return s.h.shut() }

// MarshalBinary encodes the handle for another process. To encode it again gives one
// that is as good. If this process dies before it is decoded, UnmarshalBinary fails
// there. After Close MarshalBinary returns [ErrClosed].
func (s *Semaphore) MarshalBinary() ([]byte, error) { return s.h.marshal() }

// UnmarshalBinary makes s a handle of the semaphore that b encodes. It may ask the
// process that sent b for a descriptor, which blocks for one round trip. If that
// process has died it returns an error. What the handle was before is replaced, and a
// closed one is open again.
func (s *Semaphore) UnmarshalBinary(b []byte) error {
	return s.h.unmarshalKind(b, kindSemaphore, "Semaphore")
}
