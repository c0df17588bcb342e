package shared

import (
	"encoding/binary"
	"errors"
	"math"
	"runtime"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// ringState is where the items of a queue are. It is stored as a wide Value is,
// so it changes from one whole state to the next: a producer that is killed while
// it writes an item has not put it, a consumer that is killed while it reads one
// has not got it. Changes need the segment's inner lock.
type ringState struct {
	Head, Tail uint64 // bytes ever got and put, modulo nothing
	Items      uint64
}

// The layout of a queue's segment. Its version word is where others have their
// first lot, and the two copies of the state are at the start of the data.
const (
	offNotEmpty = offVersion + 8
	offNotFull  = offNotEmpty + shm.LotSize
	offDone     = offNotFull + shm.LotSize
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

// put returns ErrFull if there is no room.
func (r ring) put(item []byte) error {
	return r.locked(func(s ringState, version uint64) error {
		need := uint64(itemHeader + len(item))
		if s.Items >= r.limit() || need > uint64(len(r.bytes()))-(s.Tail-s.Head) {
			return ErrFull
		}
		var header [itemHeader]byte
		binary.LittleEndian.PutUint32(header[:], uint32(len(item)))
		r.write(s.Tail, header[:])
		r.write(s.Tail+itemHeader, item)
		s.Tail += need
		s.Items++
		storeWide(r.seg, version, s)
		return nil
	})
}

// get returns ErrEmpty if there is no item.
func (r ring) get() (item []byte, err error) {
	err = r.locked(func(s ringState, version uint64) error {
		if s.Items == 0 {
			return ErrEmpty
		}
		var header [itemHeader]byte
		r.read(s.Head, header[:])
		size := uint64(binary.LittleEndian.Uint32(header[:]))
		if size+itemHeader > s.Tail-s.Head {
			return errDamaged
		}
		item = make([]byte, size)
		r.read(s.Head+itemHeader, item)
		if r.joinable() {
			// First this, then the item's removal: killed in between,
			// nothing of ours counts any more and the item is still there.
			if err := r.owe(); err != nil {
				return err
			}
		}
		s.Head += itemHeader + size
		s.Items--
		if s.Items == 0 {
			s.Head, s.Tail = 0, 0 // touch no more memory than is needed
		}
		storeWide(r.seg, version, s)
		return nil
	})
	return item, err
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
