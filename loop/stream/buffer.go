package stream

import "bytes"

// keep is the size of the buffer that an empty stream holds on to.
const keep = 64 << 10

// A buffer holds what has come and was not read yet.
type buffer struct {
	data  []byte
	off   int    // where the unread part begins
	taken uint64 // bytes that were taken out, ever
}

func (b *buffer) len() int      { return len(b.data) - b.off }
func (b *buffer) bytes() []byte { return b.data[b.off:] }

func (b *buffer) add(p []byte) {
	if b.off > 0 && len(b.data)+len(p) > cap(b.data) {
		b.data = b.data[:copy(b.data, b.data[b.off:])]
		b.off = 0
	}
	b.data = append(b.data, p...)
}

// take takes the first n bytes out. The caller owns them.
func (b *buffer) take(n int) []byte {
	b.taken += uint64(n)
	if b.off == 0 && n == len(b.data) && 2*n >= cap(b.data) {
		data := b.data[:n:n]
		b.data = nil
		return data
	}
	data := bytes.Clone(b.data[b.off : b.off+n])
	b.drop(n)
	return data
}

// discard drops the first n bytes.
func (b *buffer) discard(n int) {
	b.taken += uint64(n)
	b.drop(n)
}

func (b *buffer) drop(n int) {
	b.off += n
	if b.off == len(b.data) {
		b.data, b.off = b.data[:0], 0
		if cap(b.data) > keep {
			b.data = nil
		}
	}
}

// find looks for the match that ends first, from offset on. Of the separators that
// end there the first one counts.
func (b *buffer) find(separators []string, offset int) (start, end int, ok bool) {
	data := b.bytes()
	for _, sep := range separators {
		within := data[offset:]
		if ok && end+len(sep) < len(data) {
			within = data[offset : end-1] // only what ends before counts
		}
		i := indexOf(within, sep)
		if i < 0 {
			continue
		}
		if at := offset + i; !ok || at+len(sep) < end {
			start, end, ok = at, at+len(sep), true
		}
	}
	return start, end, ok
}

func indexOf(data []byte, sep string) int {
	if len(sep) == 1 {
		return bytes.IndexByte(data, sep[0])
	}
	return bytes.Index(data, []byte(sep))
}
