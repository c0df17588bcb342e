package executor

import "sync"

// results keeps buffers for encoded results, and longArgs those of long arguments.
// The memory of a long one is worth more than its bytes: to write to memory that is
// new to the process takes several times as long as to copy them. The collector
// empties both, lest one long value stays for ever.
var (
	results  = sync.Pool{New: func() any { return new([]byte) }}
	longArgs sync.Pool
)

// longValue is from where on a value is long.
const longValue = 64 << 10

// longArg returns an empty buffer with room for n bytes, or nil: append makes one
// without clearing it first.
func longArg(n int) []byte {
	if b, _ := longArgs.Get().(*[]byte); b != nil {
		// Not a much larger one: it would be held for as long as the call.
		if c := cap(*b); c >= n && c <= 2*n {
			return (*b)[:0]
		}
		longArgs.Put(b)
	}
	return nil
}

// releaseArg gives the buffer of an argument back that nobody reads any more.
func releaseArg(b []byte) {
	if cap(b) >= longValue {
		long := b // a variable of its own: short ones need no memory here
		longArgs.Put(&long)
	}
}
