package loop

import (
	"runtime"
	"time"
)

// A history is what a canceled task has done since, for the report of those that do
// not end; see overdue.go. It is made by the first request: telling of one costs
// more than to note where.
type history struct {
	requests int           // how many there were
	first    time.Duration // when the first one came, in the loop's time
	told     int           // waits that failed because of them
	last     time.Duration // when the last of those did
	resumed  int           // calls of Resume
	where    [24]uintptr   // the calls of the last wait that failed, innermost first
	depth    int           // how many they are
}

func (h *history) requested(l *Loop) {
	if h.requests++; h.requests == 1 {
		h.first = time.Duration(l.now())
	}
}

// noteTold notes that the wait which the task is in fails.
func (t *task) noteTold() {
	h := t.history
	if h == nil {
		return
	}
	h.told++
	h.last = time.Duration(t.l.now())
	h.depth = runtime.Callers(2, h.where[:])
}
