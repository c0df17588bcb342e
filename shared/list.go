package shared

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A ShareableList is a list of a fixed number of items that processes share.
// Items may be nil, bool, int, float64, string and []byte, and change their type;
// each has the room that its first value got. It is Python's ShareableList.
//
// Get and Set are whole, never torn, not even by the death of a process, and Get
// does not wait for Set to end. An Array of structs is faster and says what is
// in it.
//
// The zero ShareableList is closed; it can be decoded into. A ShareableList must
// not be copied. Methods without an error panic with ErrClosed after Close.
type ShareableList struct{ h handle }

// The kinds of items.
const (
	itemNil uint8 = iota
	itemBool
	itemInt
	itemFloat
	itemString
	itemBytes
)

// The data is one entry for each item, then two copies of each item's bytes:
//
//	entry: offset of the copies (4 bytes), size of one copy (4 bytes),
//	       state (8 bytes): which copy is current, the kind, the length
//
// Set writes the copy that is not current and then the state, in one store.
const (
	listEntry = 16
	listCopy  = 1 << 63 // of the state: the second copy is current
)

// NewShareableList makes a list of the given items. A text or byte slice gets
// room for its length, rounded up to the next multiple of 8, as in Python. An
// item of another type is an error that wraps ErrType.
func NewShareableList(items ...any) (*ShareableList, error) {
	size := listEntry * len(items)
	rooms := make([]int, len(items))
	for i, item := range items {
		kind, b, err := encodeItem(item)
		if err != nil {
			return nil, fmt.Errorf("%w: item %d", err, i)
		}
		rooms[i] = 8
		if kind == itemString || kind == itemBytes {
			rooms[i] = (len(b)/8 + 1) * 8
		}
		size += 2 * rooms[i]
	}
	if size > math.MaxInt32 {
		return nil, fmt.Errorf("%w: a list of %d bytes", ErrTooLarge, size)
	}
	l := new(ShareableList)
	if err := l.h.create(shm.Header{Kind: kindList, Len: uint64(len(items))}, size); err != nil {
		return nil, err
	}
	data, at := l.h.must().Data(), listEntry*len(items)
	for i, room := range rooms {
		binary.NativeEndian.PutUint32(data[i*listEntry:], uint32(at))
		binary.NativeEndian.PutUint32(data[i*listEntry+4:], uint32(room))
		at += 2 * room
		if err := l.Set(i, items[i]); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

func encodeItem(item any) (kind uint8, b []byte, err error) {
	word := func(w uint64) []byte { return binary.NativeEndian.AppendUint64(nil, w) }
	switch v := item.(type) {
	case nil:
		return itemNil, nil, nil
	case bool:
		if v {
			return itemBool, word(1), nil
		}
		return itemBool, word(0), nil
	case int:
		return itemInt, word(uint64(v)), nil
	case float64:
		return itemFloat, word(math.Float64bits(v)), nil
	case string:
		return itemString, []byte(v), nil
	case []byte:
		return itemBytes, v, nil
	}
	return 0, nil, fmt.Errorf("%w: a %T cannot be in a ShareableList: nil, bool, int, float64, string and []byte can", ErrType, item)
}

func decodeItem(kind uint8, b []byte) any {
	var word [8]byte
	copy(word[:], b)
	w := binary.NativeEndian.Uint64(word[:])
	switch kind {
	case itemBool:
		return w != 0
	case itemInt:
		return int(w)
	case itemFloat:
		return math.Float64frombits(w)
	case itemString:
		return string(b)
	case itemBytes:
		return b
	}
	return nil
}

// listItem returns the state of item i and its two copies, having checked what
// another process may have spoilt.
func listItem(s *shm.Segment, i int) (state *uint64, copies [2][]byte) {
	data := s.Data()
	if i < 0 || uint64(i) >= s.Head().Len {
		panic(fmt.Sprintf("shared: index %d out of range of a ShareableList of %d", i, s.Head().Len))
	}
	e := data[i*listEntry:][:listEntry]
	at, room := uint64(binary.NativeEndian.Uint32(e)), uint64(binary.NativeEndian.Uint32(e[4:]))
	if at+2*room > uint64(len(data)) || at%8 != 0 || room%8 != 0 {
		at, room = 0, 0
	}
	copies = [2][]byte{data[at : at+room], data[at+room : at+2*room]}
	return (*uint64)(unsafe.Pointer(&e[8])), copies
}

// Len returns the number of items, which never changes, whatever process dies. After
// Close it panics with [ErrClosed].
func (l *ShareableList) Len() int { return int(l.h.must().Head().Len) }

// Get returns item i: nil, a bool, an int, a float64, a string or a []byte of the
// caller's own. It panics if i is out of range, and with [ErrClosed] after Close. A
// process that died in Set has left the old item or the new one.
func (l *ShareableList) Get(i int) any {
	s := l.h.must()
	defer runtime.KeepAlive(s)
	p, copies := listItem(s, i)
	for {
		state := atomic.LoadUint64(p)
		from := copies[state>>63]
		b := make([]byte, min(uint64(uint32(state)), uint64(len(from))))
		copyWords(b, from)
		if atomic.LoadUint64(p) == state {
			return decodeItem(uint8(state>>32), b)
		}
	}
}

// Set sets item i. An item that is larger than the room is an error that wraps
// [ErrTooLarge], one of another type [ErrType]; nothing changes then. It panics if i
// is out of range. A process that dies in Set leaves the old item or the new one.
// After Close it returns [ErrClosed].
func (l *ShareableList) Set(i int, item any) error {
	s, err := l.h.use()
	if err != nil {
		return err
	}
	kind, b, err := encodeItem(item)
	if err != nil {
		return err
	}
	p, copies := listItem(s, i)
	if len(b) > len(copies[0]) {
		return fmt.Errorf("%w: it takes %d bytes and exceeds the available storage of %d", ErrTooLarge, len(b), len(copies[0]))
	}
	s.Aux().LockShort()
	defer s.Aux().Unlock() //nolint:errcheck // it is ours
	// A turn number keeps a slow reader from taking a later state for the same.
	was := atomic.LoadUint64(p)
	state := (was ^ listCopy) & listCopy
	setWords(copies[state>>63], b)
	turn := (was>>40 + 1) & (1<<23 - 1)
	atomic.StoreUint64(p, state|turn<<40|uint64(kind)<<32|uint64(len(b)))
	runtime.KeepAlive(s)
	return nil
}

// copyWords and setWords copy word by word, for readers and a writer may meet.
// Rooms are multiples of 8 bytes and start at such.
func copyWords(to, room []byte) {
	var word [8]byte
	for i := 0; i < len(to); i += 8 {
		binary.NativeEndian.PutUint64(word[:], atomic.LoadUint64((*uint64)(unsafe.Pointer(&room[i : i+8][0]))))
		copy(to[i:], word[:])
	}
}

func setWords(room, from []byte) {
	for i := 0; i < len(from); i += 8 {
		var word [8]byte
		copy(word[:], from[i:])
		atomic.StoreUint64((*uint64)(unsafe.Pointer(&room[i : i+8][0])), binary.NativeEndian.Uint64(word[:]))
	}
}

// All iterates over the items. A process that died in Set has left the old item or the
// new one. After Close it panics with [ErrClosed].
func (l *ShareableList) All() iter.Seq2[int, any] {
	return func(yield func(int, any) bool) {
		for i := range l.Len() {
			if !yield(i, l.Get(i)) {
				return
			}
		}
	}
}

// Close ends the use of this handle; other handles, here and in other processes, go
// on. Closing twice does nothing. If the process dies, the kernel closes its handles.
func (l *ShareableList) Close() error { return l.h.shut() }

// MarshalBinary encodes the handle, not the items, for another process. To encode it
// again gives one that is as good. If this process dies before it is decoded,
// UnmarshalBinary fails there. After Close MarshalBinary returns [ErrClosed].
func (l *ShareableList) MarshalBinary() ([]byte, error) { return l.h.marshal() }

// UnmarshalBinary makes l a handle of the list that b encodes. It may ask the process
// that sent b for a descriptor, which blocks for one round trip. If that process has
// died it returns an error. What the handle was before is replaced, and a closed one
// is open again.
func (l *ShareableList) UnmarshalBinary(b []byte) error {
	return l.h.unmarshal(b, func(h shm.Header, size int) error {
		if h.Kind != kindList || h.Len > uint64(size/listEntry) {
			return fmt.Errorf("%w: the handle is not that of a ShareableList", ErrType)
		}
		return nil
	})
}
