package ring

import (
	"encoding/binary"
	"time"
)

// A Writer is the write end of a ring. It is for one goroutine at a time.
type Writer struct {
	shared
	pos  uint64 // bytes written; what the other side sees is a copy
	read uint64 // the reader's position when it was last looked at
}

// NewWriter returns the write end of an empty ring in header and data, which
// must stay mapped.
func NewWriter(header, data []byte) (*Writer, error) {
	s, err := attach(header, data)
	if err != nil {
		return nil, err
	}
	return &Writer{shared: s}, nil
}

// MaxRecord is the longest payload of one record.
func (w *Writer) MaxRecord() int { return w.maxRecord() }

// Write appends one record, whose payload is the parts one after the other, and
// publishes it. It does not block and does not wake the reader: see [Writer.Wake]. It
// reports false if there is no room now, or, always, if the payload is longer
// than [Writer.MaxRecord].
func (w *Writer) Write(tag uint32, parts ...[]byte) (bool, error) {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if n > w.maxRecord() {
		return false, nil
	}
	if ok, err := w.room(n); !ok {
		return false, err
	}
	at := w.pos & w.mask
	binary.LittleEndian.PutUint64(w.data[at:], uint64(tag)<<32|uint64(n))
	at += recordHead
	for _, p := range parts {
		at = w.put(at, p)
	}
	w.pos += padded(n)
	w.writePos.Store(w.pos)
	return true, nil
}

// put copies p to the offset at, around the end of the block if need be.
func (w *Writer) put(at uint64, p []byte) uint64 {
	at &= w.mask
	n := copy(w.data[at:], p)
	copy(w.data, p[n:])
	return at + uint64(len(p))
}

// room reports whether a payload of n bytes fits now.
func (w *Writer) room(n int) (bool, error) {
	need, size := padded(n), uint64(len(w.data))
	if w.pos-w.read+need <= size {
		return true, nil
	}
	read := w.readPos.Load()
	if used := w.pos - read; used > w.pos-w.read || read%8 != 0 {
		return false, ErrCorrupt // the reader went back, or beyond what was written
	}
	w.read = read
	return w.pos-read+need <= size, nil
}

// Wake wakes a reader that waits. It reports whether it did, and whether it is parked
// instead: the caller must then tell it by other means.
func (w *Writer) Wake() (waited, bell bool) { return w.wake(w.reader) }

// WaitRoom sleeps until there is room for a payload of n bytes or the timeout
// has passed; no timeout means without limit. It reports whether there is room.
func (w *Writer) WaitRoom(n int, timeout time.Duration) (bool, error) {
	w.writer.Store(sleeping)
	ok, err := w.room(n)
	if !ok && err == nil {
		w.sleep(w.writer, timeout)
		w.writer.Store(awake)
		return w.room(n)
	}
	w.writer.Store(awake)
	return ok, err
}
