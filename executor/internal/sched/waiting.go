package sched

// waiting holds the calls that wait for a worker: those that none has seen, and those
// that were taken back from one. Each kind is in order of priority, then of
// acceptance. The next call is the better of the two heads, and of equals the one
// that was taken back, for it was accepted earlier.
type waiting[C any] struct {
	queue    Queue[C]
	returned Queue[C]
}

func (w *waiting[C]) len() int { return w.queue.n + w.returned.n }

// first returns the call that is to run next, or nil.
func (w *waiting[C]) first() *Call[C] {
	q := w.queue.First()
	if w.returned.n == 0 {
		return q
	}
	if r := w.returned.First(); q == nil || q.Priority <= r.Priority {
		return r
	}
	return q
}

// remove takes out a call, and reports whether it waited.
func (w *waiting[C]) remove(c *Call[C]) bool {
	if c.place == returned {
		return w.returned.Remove(c)
	}
	return w.queue.Remove(c)
}
