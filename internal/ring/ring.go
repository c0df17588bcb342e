// Package ring carries records from one process to another through shared
// memory: one writer, one reader, no lock, and a system call only when the
// other side sleeps.
//
// A ring is a header and a block of bytes whose length is a power of two. The
// header has four words, each alone on its cache line (and its neighbour, which
// the prefetcher drags along):
//
//	writePos   bytes ever written, stored by the writer after the bytes
//	readPos    bytes ever read, stored by the reader after it has copied them
//	reader     how the reader waits: awake, sleeping (futex) or parked (bell)
//	writer     how the writer waits for room: the same
//
// A side that wants to wait announces it in its word and looks at the other's
// position once more before it sleeps; the other side stores its position and
// then looks at the word. All four are sequentially consistent atomics, so one
// of the two always sees the other and no wake-up is lost.
//
// Neither side believes the other. Each keeps its own position in its own
// memory and only publishes it, checks what the other published against the
// size of the ring, and takes a record's length from the shared memory once.
// What does not fit is [ErrCorrupt]; nothing panics and nothing is allocated on
// the word of the other side beyond [Reader.MaxRecord].
package ring

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// ErrCorrupt is returned when the other side's positions or a record's length
// make no sense. The ring cannot be used any more.
var ErrCorrupt = errors.New("ring: the other process wrote garbage")

const (
	// HeaderSize is the length of a ring's header. The block of bytes
	// follows it, or stands elsewhere.
	HeaderSize = 512

	offWrite  = 0
	offRead   = 128
	offReader = 256
	offWriter = 384

	// recordHead is the length of a record's own header: its payload's
	// length and its tag, four bytes each.
	recordHead = 8

	// MinSize is the smallest block of bytes.
	MinSize = 256
)

// How a side waits.
const (
	awake    = 0
	sleeping = 1 // in a futex, or at its bell: see Bell
	parked   = 2 // somewhere else: its owner must be told by other means
)

// shared is what both ends have in common.
type shared struct {
	writePos *atomic.Uint64
	readPos  *atomic.Uint64
	reader   *atomic.Uint32
	writer   *atomic.Uint32
	data     []byte
	mask     uint64
	bell     Bell // nil where there is a futex
}

func attach(header, data []byte) (shared, error) {
	n := len(data)
	if len(header) < HeaderSize || n < MinSize || n&(n-1) != 0 {
		return shared{}, fmt.Errorf("ring: a header of %d bytes and a block of %d, want %d and a power of two from %d", len(header), n, HeaderSize, MinSize)
	}
	if uintptr(unsafe.Pointer(&header[0]))%8 != 0 {
		return shared{}, errors.New("ring: the header is not aligned")
	}
	return shared{
		writePos: (*atomic.Uint64)(unsafe.Pointer(&header[offWrite])),
		readPos:  (*atomic.Uint64)(unsafe.Pointer(&header[offRead])),
		reader:   (*atomic.Uint32)(unsafe.Pointer(&header[offReader])),
		writer:   (*atomic.Uint32)(unsafe.Pointer(&header[offWriter])),
		data:     data,
		mask:     uint64(n - 1),
	}, nil
}

// maxRecord is a quarter of the ring, so that a long message that travels in
// pieces is read and written at the same time.
func (s *shared) maxRecord() int { return len(s.data)/4 - recordHead }

// padded is the room that a record with a payload of n bytes takes: positions
// stay multiples of eight, so a record's header never wraps.
func padded(n int) uint64 { return uint64(recordHead+n+7) &^ 7 }

// wake ends the wait of the side whose word this is. It reports whether that side
// waited, and whether it is parked, where only its owner can reach it.
func (s *shared) wake(word *atomic.Uint32) (waited, bell bool) {
	if word.Load() == awake {
		return false, false
	}
	switch word.Swap(awake) {
	case sleeping:
		s.rouse(word)
		return true, false
	case parked:
		return true, true
	}
	return false, false
}
