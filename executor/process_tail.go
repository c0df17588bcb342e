package executor

import (
	"strings"
	"sync"
)

// tailSize is how much of a worker's standard error goes into its CrashError. A
// Go panic with the stacks of some goroutines fits.
const tailSize = 8 << 10

// A tail holds the end of what went through it.
type tail struct {
	mu  sync.Mutex
	buf []byte
	cut bool
}

func (t *tail) add(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(b) > tailSize {
		b, t.cut = b[len(b)-tailSize:], true
	}
	t.buf = append(t.buf, b...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
		t.cut = true
	}
}

// String returns the last lines, all of them whole.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := string(t.buf)
	if t.cut {
		if i := strings.IndexByte(s, '\n'); i >= 0 && i+1 < len(s) {
			s = s[i+1:]
		}
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
