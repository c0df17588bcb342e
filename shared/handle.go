package shared

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// The kinds of segments. They cross process boundaries: append only.
const (
	kindValue uint32 = iota + 1
	kindArray
	kindMutex
	kindRLock
	kindSemaphore
	kindBoundedSemaphore
	kindEvent
	kindCondition
	kindBarrier
	kindQueue
	kindMemory
	kindPipe
	kindList
)

// The lots and words of the types that have no data, within the first 64 bytes
// that are the user's; the cells come after them.
const (
	offLot    = shm.UserStart
	offLot2   = offLot + shm.LotSize
	offWord   = offLot2 + shm.LotSize
	offWord2  = offWord + 8
	offTicket = offWord2 + 8
)

// A handle is what every type of this package is made of: a segment that this
// handle may have closed. The segment stays referenced after Close, because a
// lock that is still held must be released all the same.
type handle struct {
	seg    atomic.Pointer[shm.Segment]
	closed atomic.Bool
}

// use returns the segment, or ErrClosed.
func (h *handle) use() (*shm.Segment, error) {
	if s := h.seg.Load(); s != nil && !h.closed.Load() {
		return s, nil
	}
	return nil, ErrClosed
}

// must is use for methods that have no error to return.
func (h *handle) must() *shm.Segment {
	if s := h.seg.Load(); s != nil && !h.closed.Load() {
		return s
	}
	panic(ErrClosed)
}

// adopt makes the handle stand for s, of which the caller has counted it.
func (h *handle) adopt(s *shm.Segment) {
	old := h.seg.Swap(s)
	if wasClosed := h.closed.Swap(false); old != nil && !wasClosed {
		old.Release()
	}
}

// shut ends the use of the handle; see the Close methods.
func (h *handle) shut() error {
	s := h.seg.Load()
	if s == nil || h.closed.Swap(true) {
		return nil
	}
	s.WakeAll() // waiters of this handle see that it is closed
	s.Release()
	return nil
}

// create makes a segment with size bytes of data and a handle for it.
func (h *handle) create(head shm.Header, size int) error { return h.createSparse(head, size, size) }

// createSparse is create for data of which only the first bytes are there from the
// beginning; the others need Segment.Reserve.
func (h *handle) createSparse(head shm.Header, size, first int) error {
	s, err := shm.CreateSparse(head, size, first)
	if err != nil {
		return fmt.Errorf("shared: %w", err)
	}
	h.adopt(s)
	return nil
}

// The encoded form of a handle: a version, the header, the size of the data,
// and the reference.
const (
	encodingVersion = 1
	encodedSize     = 1 + 4 + 4 + 8 + 8 + 8 + handoff.RefSize
)

func (h *handle) marshal() ([]byte, error) { return h.marshalTicket(0) }

// marshalTicket is marshal for a handle that has something to be held, see
// [shm.OnHold], while it is on its way.
func (h *handle) marshalTicket(ticket uint32) ([]byte, error) {
	s, err := h.use()
	if err != nil {
		return nil, err
	}
	head := s.Head()
	b := make([]byte, 0, encodedSize)
	b = append(b, encodingVersion)
	b = binary.LittleEndian.AppendUint32(b, head.Kind)
	b = binary.LittleEndian.AppendUint32(b, head.Elem)
	b = binary.LittleEndian.AppendUint64(b, head.Len)
	b = binary.LittleEndian.AppendUint64(b, head.Tag)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s.Data())))
	return handoff.Ref{Ticket: ticket, Object: s.ID(), Sender: handoff.Self}.Append(b), nil
}

// unmarshal makes the handle stand for what b encodes. check sees the header
// and the size before anything is opened, and refuses what is not its own.
func (h *handle) unmarshal(b []byte, check func(shm.Header, int) error) error {
	if len(b) != encodedSize || b[0] != encodingVersion {
		return fmt.Errorf("shared: %d bytes are no handle of this version of asyncgo", len(b))
	}
	head := shm.Header{
		Kind: binary.LittleEndian.Uint32(b[1:]),
		Elem: binary.LittleEndian.Uint32(b[5:]),
		Len:  binary.LittleEndian.Uint64(b[9:]),
		Tag:  binary.LittleEndian.Uint64(b[17:]),
	}
	size := binary.LittleEndian.Uint64(b[25:])
	if size > math.MaxInt {
		return fmt.Errorf("shared: the handle speaks of %d bytes", size)
	}
	if err := check(head, int(size)); err != nil {
		return err
	}
	ref, err := handoff.ParseRef(b[33:])
	if err != nil {
		return err
	}
	s, err := shm.Resolve(ref, head, int(size))
	if err != nil {
		return fmt.Errorf("shared: %w", err)
	}
	h.adopt(s)
	return nil
}

// ticketOf returns the ticket of an encoded handle.
func ticketOf(b []byte) uint32 {
	ref, _ := handoff.ParseRef(b[len(b)-handoff.RefSize:])
	return ref.Ticket
}

// lockError turns what a lock returns into this package's errors.
func lockError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, shm.ErrNotLocked):
		return ErrNotLocked
	case errors.Is(err, shm.ErrClosed):
		return ErrClosed
	}
	return err
}

// unmarshalKind is unmarshal for types without data.
func (h *handle) unmarshalKind(b []byte, kind uint32, name string) error {
	return h.unmarshal(b, func(head shm.Header, size int) error {
		if head.Kind != kind || size != 0 {
			return fmt.Errorf("%w: the handle is not that of a %s", ErrType, name)
		}
		return nil
	})
}
