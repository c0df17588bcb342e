package loop

// An entry is something that is ready to run: exactly one of its fields is set,
// or none if it was canceled. See delivery for the exception.
type entry struct {
	fn func()  // a callback whose Handle is its position in the queue, or the number of its post
	h  *Handle // a callback that has a Handle of its own: timed, or scheduled in debug mode
	t  *task   // a task whose next step is due
}

// name returns the name of a callback's function or of the task.
func (e entry) name() string {
	switch {
	case e.t != nil:
		return e.t.getName()
	case e.fn != nil:
		return funcName(e.fn)
	case e.h != nil && e.h.t != nil:
		return e.h.t.getName()
	case e.h != nil:
		return funcName(e.h.fn)
	default:
		return ""
	}
}

// A ring is the FIFO queue of what is ready. Positions only count up, so a
// position names one entry, and that is all a Handle of it needs to hold.
type ring struct {
	buf  []entry // a power of two
	head uint64  // position of the first entry
	tail uint64  // position behind the last
}

func (r *ring) len() int { return int(r.tail - r.head) }

func (r *ring) push(e entry) (pos uint64) {
	if r.len() == len(r.buf) {
		r.grow()
	}
	pos = r.tail
	r.buf[pos&uint64(len(r.buf)-1)] = e
	r.tail++
	return pos
}

// first returns the entry that pop would take. There must be one.
func (r *ring) first() *entry { return &r.buf[r.head&uint64(len(r.buf)-1)] }

func (r *ring) pop() entry {
	slot := r.first()
	e := *slot
	r.removeFirst(slot)
	return e
}

// removeFirst takes out the first entry, which is in slot.
func (r *ring) removeFirst(slot *entry) {
	*slot = entry{} // lets go of what the entry referred to
	r.head++
}

// drop cancels the entry at pos if it is still in the queue.
func (r *ring) drop(pos uint64) {
	if pos-r.head < r.tail-r.head {
		r.buf[pos&uint64(len(r.buf)-1)] = entry{}
	}
}

// at returns the entry at pos, the zero entry if it is no longer in the queue.
func (r *ring) at(pos uint64) entry {
	if pos-r.head < r.tail-r.head {
		return r.buf[pos&uint64(len(r.buf)-1)]
	}
	return entry{}
}

func (r *ring) grow() {
	size := max(64, 2*len(r.buf))
	buf := make([]entry, size)
	for pos := r.head; pos != r.tail; pos++ {
		buf[pos&uint64(size-1)] = r.buf[pos&uint64(len(r.buf)-1)]
	}
	r.buf = buf
}
