package ring

import (
	"sync/atomic"
	"time"
)

// A Bell is how the two sides of a ring wake each other where there is no futex: each
// has one end of it.
type Bell interface {
	// Ring makes the Wait of the other side return, or the next one if none is
	// going on. It does not block. A sound may be left out if the other side
	// has not heard an earlier one yet.
	Ring()

	// Wait returns when the other side has rung since the last Wait, or when the
	// timeout has passed; 0 means none. It may return early.
	Wait(timeout time.Duration)
}

// SetBell gives the read end a bell, before it is used.
func (r *Reader) SetBell(b Bell) { r.bell = b }

// SetBell gives the write end a bell, before it is used.
func (w *Writer) SetBell(b Bell) { w.bell = b }

// sleep waits while *word says that this side sleeps. It may return early.
func (s *shared) sleep(word *atomic.Uint32, timeout time.Duration) {
	if s.bell == nil {
		futexWait(word, sleeping, timeout)
		return
	}
	// A sound may be an old one.
	var until time.Time
	if timeout > 0 {
		until = time.Now().Add(timeout)
	}
	for word.Load() == sleeping {
		s.bell.Wait(timeout)
		if timeout > 0 {
			if timeout = time.Until(until); timeout <= 0 {
				return
			}
		}
	}
}

// rouse ends the sleep of the other side.
func (s *shared) rouse(word *atomic.Uint32) {
	if s.bell == nil {
		futexWake(word)
		return
	}
	s.bell.Ring()
}
