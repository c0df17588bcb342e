package codec

import "sync"

// shorts keeps buffers for encoded results, and longs those of long arguments.
// The memory of a long one is worth more than its bytes: to write to memory that is
// new to the process takes several times as long as to copy them. The collector
// empties both, so that one long value does not stay.
var (
	shorts = sync.Pool{New: func() any { return new([]byte) }}
	longs  sync.Pool
)

// Long is from where on a value is long, in bytes.
const Long = 64 << 10

// Buffer returns a buffer for one encoded result.
func Buffer() *[]byte { return shorts.Get().(*[]byte) }

// PutBuffer gives the buffer back. b is what became of it when the result was
// appended, and may be used no more.
func PutBuffer(buf *[]byte, b []byte) {
	if cap(b) <= Long {
		*buf = b
		shorts.Put(buf)
	}
}

// AppendLong is [Append] for an argument. The buffer of a long one comes from those
// that were given back with [Release].
func AppendLong[T any](b []byte, v T) ([]byte, error) {
	if kind, content, ok := Plain(&v); ok && len(content) >= Long {
		return append(append(long(1+len(content)), kind), content...), nil
	}
	return Append(b, v)
}

// long returns an empty buffer with room for n bytes, or nil: append makes one
// without clearing it first.
func long(n int) []byte {
	if b, _ := longs.Get().(*[]byte); b != nil {
		// Not a much larger one: it would be held for as long as the call.
		if c := cap(*b); c >= n && c <= 2*n {
			return (*b)[:0]
		}
		longs.Put(b)
	}
	return nil
}

// Release gives the buffer of an argument back that is read no more.
func Release(b []byte) {
	if cap(b) >= Long {
		long := b // a variable of its own: short ones need no memory here
		longs.Put(&long)
	}
}
