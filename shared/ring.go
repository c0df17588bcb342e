package shared

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// ringState is where the items of a queue are. It is stored as a wide Value is,
// so it changes from one whole state to the next: a producer that is killed while
// it writes an item has not put it, a consumer that is killed while it reads one
// has not got it. Changes need the segment's inner lock.
type ringState struct {
	Head, Tail uint64 // bytes ever got and put, modulo nothing
	Items      uint64
	Got        uint64 // items ever got: the number of the next
}

// The layout of a queue's segment. Its version word is where others have their
// first lot, and the two copies of the state are at the start of the data.
const (
	offNotEmpty = offVersion + 8
	offNotFull  = offNotEmpty + shm.LotSize
	offDone     = offNotFull + shm.LotSize
	offReserved = offDone + shm.LotSize // bytes of the ring that have their memory
	ringStart   = 64
	itemHeader  = 4
)

var errDamaged = errors.New("shared: the memory of the queue is damaged: make a new one")

// A ring is a segment as a queue sees it.
type ring struct{ seg *shm.Segment }

func (r ring) bytes() []byte { return r.seg.Data()[ringStart:] }

// limit returns the most items there may be.
func (r ring) limit() uint64 {
	if n := r.seg.Head().Len; n > 0 {
		return n
	}
	return math.MaxUint64
}

// joinable reports whether items count until TaskDone.
func (r ring) joinable() bool { return r.seg.Head().Elem == 1 }

// locked calls fn with the state, under the inner lock.
func (r ring) locked(fn func(s ringState, version uint64) error) error {
	r.seg.Aux().LockShort()
	defer r.seg.Aux().Unlock() //nolint:errcheck // it is ours
	defer runtime.KeepAlive(r.seg)
	s, version := loadWide[ringState](r.seg)
	if used := s.Tail - s.Head; used > uint64(len(r.bytes())) || s.Items*itemHeader > used {
		return errDamaged
	}
	return fn(s, version)
}

// fits reports whether an item of that size can ever be put.
func (r ring) fits(item []byte) bool { return len(item)+itemHeader <= len(r.bytes()) }

// ringStep is how many bytes of a ring get their memory at a time.
const ringStep = 256 << 10

// reserve sees to it that the first bytes of the ring have their memory. The caller
// holds the inner lock.
func (r ring) reserve(first uint64) error {
	size := uint64(len(r.bytes()))
	first = min(first, size)
	reserved := r.seg.U64(offReserved)
	have := reserved.Load()
	if first <= have {
		return nil
	}
	to := min((first+ringStep-1)/ringStep*ringStep, size)
	if err := r.seg.Reserve(ringStart+int(have), ringStart+int(to)); err != nil {
		return fmt.Errorf("shared: no memory for the item: %w", err)
	}
	reserved.Store(to)
	return nil
}

// put returns ErrFull if there is no room. held is what the item refers to.
func (r ring) put(item []byte, held *handoff.Held) error {
	var number uint64
	err := r.locked(func(s ringState, version uint64) error {
		need := uint64(itemHeader + len(item))
		if s.Items >= r.limit() || need > uint64(len(r.bytes()))-(s.Tail-s.Head) {
			return ErrFull
		}
		if err := r.reserve(s.Tail + need); err != nil {
			return err
		}
		size := uint32(len(item))
		if held != nil {
			size |= parcelItem
		}
		var header [itemHeader]byte
		binary.LittleEndian.PutUint32(header[:], size)
		r.write(s.Tail, header[:])
		r.write(s.Tail+itemHeader, item)
		number = s.Got + s.Items
		s.Tail += need
		s.Items++
		storeWide(r.seg, version, s)
		return nil
	})
	if err == nil && held != nil {
		shm.Local[ringLocal](r.seg).sent.add(r.seg, number, held)
	}
	return err
}

// ringLocal is what the handles of one process share.
type ringLocal struct {
	owes joinLocal
	sent parcels
}

// An encoded item that was got.
type encodedItem struct {
	bytes  []byte
	opened func() // of a parcel, to be called when it is decoded
}

// get returns ErrEmpty if there is no item.
func (r ring) get() (item encodedItem, err error) {
	err = r.locked(func(s ringState, version uint64) (err error) {
		if s.Items == 0 {
			return ErrEmpty
		}
		var header [itemHeader]byte
		r.read(s.Head, header[:])
		size := uint64(binary.LittleEndian.Uint32(header[:]) &^ parcelItem)
		if size+itemHeader > s.Tail-s.Head {
			return errDamaged
		}
		item.bytes = make([]byte, size)
		r.read(s.Head+itemHeader, item.bytes)
		// First these, then the item's removal: killed in between, nothing of
		// ours counts any more and the item is still there.
		if header[itemHeader-1]&(parcelItem>>24) != 0 {
			if item.opened, err = r.open(s.Got); err != nil {
				return err
			}
		}
		if r.joinable() {
			if err := r.owe(); err != nil {
				if item.opened != nil {
					item.opened()
					item.opened = nil
				}
				return err
			}
		}
		s.Head += itemHeader + size
		s.Items--
		s.Got++
		if s.Items == 0 {
			s.Head, s.Tail = 0, 0 // touch no more memory than is needed
		}
		storeWide(r.seg, version, s)
		return nil
	})
	return item, err
}

// decodeGot decodes an item that get has returned.
func decodeGot[T any](item encodedItem) (T, error) {
	if item.opened != nil {
		defer item.opened()
	}
	return codecOf[T]().decode(item.bytes)
}

// encodeHeld encodes an item and holds what it refers to, if anything.
func encodeHeld[T any](v T) (item []byte, held *handoff.Held, err error) {
	before := handoff.Encoded()
	item, err = codecOf[T]().encode(v)
	if err == nil && handoff.Encoded() != before {
		held = handoff.Hold(item)
	}
	runtime.KeepAlive(v)
	return item, held, err
}

// items returns how many items there are.
func (r ring) items() int {
	s, _ := loadWide[ringState](r.seg)
	return int(s.Items)
}

func (r ring) write(at uint64, b []byte) {
	ring := r.bytes()
	at %= uint64(len(ring))
	copy(ring, b[copy(ring[at:], b):])
}

func (r ring) read(at uint64, b []byte) {
	ring := r.bytes()
	at %= uint64(len(ring))
	n := copy(b, ring[at:])
	copy(b[n:], ring)
}
