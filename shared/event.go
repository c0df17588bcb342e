package shared

import (
	"context"
	"runtime"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// An Event is a flag that processes wait for. It is Python's
// multiprocessing.Event.
//
// Setting it releases all that wait at that moment, even if it is cleared
// again at once, and all that come while it is set. There is nothing to
// hold, so no death can block the others. Methods without an error panic with
// ErrClosed after Close.
//
// The zero Event is closed; it can be decoded into. An Event must not be copied.
type Event struct{ h handle }

// NewEvent makes an event that is not set.
func NewEvent() (*Event, error) {
	e := new(Event)
	if err := e.h.create(shm.Header{Kind: kindEvent}, 0); err != nil {
		return nil, err
	}
	return e, nil
}

// The word of an event counts how often it changed; it is set while the count is
// odd. So a waiter sees that the event was set even if it no longer is.
func (e *Event) turn(to uint32) {
	seg := e.h.must()
	defer runtime.KeepAlive(seg)
	seg.Published()
	for word := seg.U32(offLot); ; {
		w := word.Load()
		if w&1 == to {
			return
		}
		if word.CompareAndSwap(w, w+1) {
			seg.Lot(offLot).Wake(1 << 30)
			return
		}
	}
}

// Set sets the event and wakes all that wait. It never blocks. To set it twice does
// nothing more. After Close it panics with [ErrClosed].
func (e *Event) Set() { e.turn(1) }

// Clear makes later waiters wait again. It never blocks. To clear it twice does
// nothing more. After Close it panics with [ErrClosed].
func (e *Event) Clear() { e.turn(0) }

// IsSet reports whether the event is set. After Close it panics with [ErrClosed].
func (e *Event) IsSet() bool {
	seg := e.h.must()
	defer runtime.KeepAlive(seg)
	set := seg.U32(offLot).Load()&1 == 1
	seg.Seen()
	return set
}

// Wait returns nil once the event is set, at once if it is. In a task it
// suspends the task. If ctx ends first it returns ctx's error; a set event wins
// over a done ctx. After Close, also one during the wait, it returns ErrClosed.
func (e *Event) Wait(ctx context.Context) error {
	seg, err := e.h.use()
	if err != nil {
		return err
	}
	word := seg.U32(offLot)
	first := word.Load()
	return lockError(seg.Lot(offLot).Wait(ctx, &e.h.closed, func() (bool, error) {
		now := word.Load()
		seg.Seen()
		return now&1 == 1 || now != first, nil
	}))
}

// String tells the state, as Python's repr does: after Close, that the event is
// closed.
func (e *Event) String() string {
	switch _, err := e.h.use(); {
	case err != nil:
		return "<Event closed>"
	case e.IsSet():
		return "<Event set>"
	default:
		return "<Event unset>"
	}
}

// Close ends the use of this handle; other handles, here and in other processes, go
// on. Goroutines that wait through this handle get ErrClosed. Closing twice does
// nothing. If the process dies, the kernel closes its handles.
func (e *Event) Close() error { return e.h.shut() }

// MarshalBinary encodes the handle for another process. To encode it again gives one
// that is as good. If this process dies before it is decoded, UnmarshalBinary fails
// there. After Close MarshalBinary returns [ErrClosed].
func (e *Event) MarshalBinary() ([]byte, error) { return e.h.marshal() }

// UnmarshalBinary makes e a handle of the event that b encodes. It may ask the process
// that sent b for a descriptor, which blocks for one round trip. If that process has
// died it returns an error. What the handle was before is replaced, and a closed one
// is open again.
func (e *Event) UnmarshalBinary(b []byte) error { return e.h.unmarshalKind(b, kindEvent, "Event") }
