package proc

import (
	"strings"
	"unsafe"
)

// unclearedBuffer is make([]byte, n) without the zeros, which the message is about to
// replace: to write them takes as long as to copy a message. strings.Builder has memory
// that was not cleared, because nothing of it can be read before it is written; here it
// is the same.
func unclearedBuffer(n int) []byte {
	if n == 0 {
		return nil
	}
	var b strings.Builder
	b.Grow(n)
	_ = b.WriteByte(0)
	return unsafe.Slice(unsafe.StringData(b.String()), n)
}
