package ring

import (
	"sync/atomic"
	"time"
	"unsafe"
)

// A Reader is the read end of a ring. It is for one goroutine at a time.
type Reader struct {
	shared
	pos uint64 // bytes read; what the other side sees is a copy
	buf []byte // holds the last record's payload; never longer than MaxRecord
}

// NewReader returns the read end of an empty ring in header and data, which
// must stay mapped.
func NewReader(header, data []byte) (*Reader, error) {
	s, err := attach(header, data)
	if err != nil {
		return nil, err
	}
	return &Reader{shared: s}, nil
}

// MaxRecord is the longest payload of one record.
func (r *Reader) MaxRecord() int { return r.maxRecord() }

// Ready reports whether there is something to read, garbage included.
func (r *Reader) Ready() bool { return r.writePos.Load() != r.pos }

// A Record is one record that was copied out of the ring or is about to be.
type record struct {
	tag uint32
	n   int
}

// next looks at the next record without taking it.
func (r *Reader) next() (rec record, ok bool, err error) {
	avail := r.writePos.Load() - r.pos
	if avail == 0 {
		return record{}, false, nil
	}
	if avail > uint64(len(r.data)) || avail < recordHead || avail%8 != 0 {
		return record{}, false, ErrCorrupt
	}
	// One load: the other process could change the word between two.
	head := (*atomic.Uint64)(unsafe.Pointer(&r.data[r.pos&r.mask])).Load()
	n := uint32(head)
	if uint64(n) > uint64(r.maxRecord()) || padded(int(n)) > avail {
		return record{}, false, ErrCorrupt
	}
	return record{tag: uint32(head >> 32), n: int(n)}, true, nil
}

// Read takes the next record. ok is false if there is none. The payload is a
// copy that is valid until the next call. It does not block.
func (r *Reader) Read() (tag uint32, payload []byte, ok bool, err error) {
	rec, ok, err := r.next()
	if !ok {
		return 0, nil, false, err
	}
	if cap(r.buf) < rec.n {
		r.buf = make([]byte, max(rec.n, 4096))
	}
	payload = r.buf[:rec.n]
	r.take(payload)
	return rec.tag, payload, true, nil
}

// ReadInto is Read with the payload appended to dst[:n], which the record must
// fit in: it saves a copy when a long message is put together. A record that is
// too long for dst is [ErrCorrupt].
func (r *Reader) ReadInto(dst []byte) (tag uint32, n int, ok bool, err error) {
	rec, ok, err := r.next()
	if !ok {
		return 0, 0, false, err
	}
	if rec.n > len(dst) {
		return 0, 0, false, ErrCorrupt
	}
	r.take(dst[:rec.n])
	return rec.tag, rec.n, true, nil
}

// Tag returns the tag of the next record without taking it.
func (r *Reader) Tag() (tag uint32, ok bool, err error) {
	rec, ok, err := r.next()
	return rec.tag, ok, err
}

// take copies the payload of the record at pos and gives its room back.
func (r *Reader) take(dst []byte) {
	at := (r.pos + recordHead) & r.mask
	n := copy(dst, r.data[at:])
	copy(dst[n:], r.data)
	r.pos += padded(len(dst))
	r.readPos.Store(r.pos)
	if r.writer.Load() != awake {
		r.wake(r.writer)
	}
}

// Wait sleeps until there is something to read or the timeout has passed; no
// timeout means without limit. It reports whether there is something, and may report
// false early. It holds the goroutine's thread, unless there is a bell.
func (r *Reader) Wait(timeout time.Duration) bool {
	r.reader.Store(sleeping)
	if !r.Ready() {
		r.sleep(r.reader, timeout)
	}
	r.reader.Store(awake)
	return r.Ready()
}

// Park announces that the reader waits by other means than a futex, so that the
// next [Writer.Wake] reports true. If there is something to read already, Park
// takes the announcement back and reports false. If the announcement was
// answered in between, the bell is rung all the same.
func (r *Reader) Park() bool {
	r.reader.Store(parked)
	if r.Ready() {
		r.reader.Store(awake)
		return false
	}
	return true
}

// Unpark takes the announcement back.
func (r *Reader) Unpark() { r.reader.Store(awake) }
