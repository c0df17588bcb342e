package shared

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A wide value does not fit in a machine word, yet is read without a lock and
// never seen torn, not even after its writer was killed. It is stored twice:
//
//	version ── even: slot 0 is current ── odd: slot 1 is current
//
// A writer, alone by the segment's inner lock, fills the slot that is not
// current and then increments the version. A reader copies the current slot and
// tries again if the version has changed meanwhile, for only then may the slot
// have been under a writer's hands.
const (
	offVersion = shm.UserStart
	offSlots   = shm.UserStart + 8
)

func wideWords[T any]() int { return (sizeOf[T]() + 7) / 8 }

// wideData returns how many bytes of data T's segment has: none if both slots
// find room on the control page.
func wideData[T any]() int {
	if both := 2 * 8 * wideWords[T](); !small[T]() && offSlots+both > shm.UserEnd {
		return both
	}
	return 0
}

// wideSlot returns the words of one slot.
func wideSlot[T any](s *shm.Segment, version uint64) []uint64 {
	n := wideWords[T]()
	slots := s.At(offSlots)
	if data := s.Data(); len(data) > 0 {
		slots = unsafe.Pointer(&data[0])
	}
	return unsafe.Slice((*uint64)(slots), 2*n)[n*int(version&1):][:n]
}

// loadWide returns the value and the version that it was read with.
func loadWide[T any](s *shm.Segment) (value T, version uint64) {
	var onStack [16]uint64 // for most structs; others cost an allocation
	words := onStack[:]
	if n := wideWords[T](); n > len(words) {
		words = make([]uint64, n)
	}
	for {
		version = s.U64(offVersion).Load()
		for i, slot := 0, wideSlot[T](s, version); i < len(slot); i++ {
			words[i] = atomic.LoadUint64(&slot[i])
		}
		if s.U64(offVersion).Load() == version {
			runtime.KeepAlive(s)
			return *(*T)(unsafe.Pointer(&words[0])), version
		}
	}
}

// storeWide sets the value if the version is still the given one. The caller
// holds the segment's inner lock.
func storeWide[T any](s *shm.Segment, version uint64, value T) bool {
	if s.U64(offVersion).Load() != version {
		return false
	}
	var onStack [16]uint64
	words := onStack[:]
	if n := wideWords[T](); n > len(words) {
		words = make([]uint64, n)
	}
	*(*T)(unsafe.Pointer(&words[0])) = value
	for i, slot := 0, wideSlot[T](s, version+1); i < len(slot); i++ {
		atomic.StoreUint64(&slot[i], words[i])
	}
	s.U64(offVersion).Store(version + 1)
	runtime.KeepAlive(s)
	return true
}
