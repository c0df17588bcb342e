package queue

// An order says which item a queue hands out next.
type order uint8

const (
	fifo     order = iota // the oldest
	lifo                  // the newest
	priority              // the smallest, and of equal ones the oldest
)

// items is what is in a queue. The zero value is empty and hands out the oldest.
type items[T any] struct {
	order order
	ring  ring[T] // fifo and lifo
	heap  heap[T] // priority
}

func (s *items[T]) len() int {
	if s.order == priority {
		return len(s.heap.entries)
	}
	return s.ring.len()
}

func (s *items[T]) put(v T) {
	if s.order == priority {
		s.heap.push(v)
		return
	}
	s.ring.push(v)
}

// get takes the next item out; there must be one.
func (s *items[T]) get() T {
	switch s.order {
	case priority:
		return s.heap.pop()
	case lifo:
		return s.ring.popNewest()
	default:
		return s.ring.popOldest()
	}
}

// list returns what is there, oldest first; with priorities, in no order but
// that the next one is the first.
func (s *items[T]) list() []T {
	all := make([]T, 0, s.len())
	if s.order == priority {
		for _, e := range s.heap.entries {
			all = append(all, e.v)
		}
		return all
	}
	for pos := s.ring.head; pos != s.ring.tail; pos++ {
		all = append(all, *s.ring.at(pos))
	}
	return all
}

// A ring holds items in the order in which they came. Positions count up for
// ever; an item lies at its position modulo the size.
type ring[T any] struct {
	buf        []T // a power of two
	head, tail uint64
}

const (
	// smallest is the size of a ring that has held something.
	smallest = 16

	// steady is the size up to which a ring keeps its memory. A guess: most
	// bounded queues are smaller, fill and empty all the time, and should not
	// copy for that.
	steady = 1024
)

func (r *ring[T]) len() int { return int(r.tail - r.head) }

func (r *ring[T]) at(pos uint64) *T { return &r.buf[pos&uint64(len(r.buf)-1)] }

func (r *ring[T]) push(v T) {
	if r.len() == len(r.buf) {
		r.resize(max(smallest, 2*len(r.buf)))
	}
	*r.at(r.tail) = v
	r.tail++
}

func (r *ring[T]) popOldest() T {
	v := r.take(r.head)
	r.head++
	r.shrink()
	return v
}

func (r *ring[T]) popNewest() T {
	r.tail--
	v := r.take(r.tail)
	r.shrink()
	return v
}

func (r *ring[T]) take(pos uint64) T {
	slot := r.at(pos)
	v := *slot
	var zero T
	*slot = zero // the queue must not keep alive what it handed out
	return v
}

// shrink gives memory back after a burst: at a quarter, so that a queue whose
// length swings around one size does not copy back and forth.
func (r *ring[T]) shrink() {
	if len(r.buf) > steady && r.len() <= len(r.buf)/4 {
		r.resize(len(r.buf) / 2)
	}
}

func (r *ring[T]) resize(size int) {
	buf := make([]T, size)
	for pos := r.head; pos != r.tail; pos++ {
		buf[pos&uint64(size-1)] = *r.at(pos)
	}
	r.buf = buf
}

// A heap hands out the smallest item first and, which Python leaves open, of equal
// ones the oldest.
type heap[T any] struct {
	compare func(a, b T) int
	entries []entry[T] // no entry is less than its parent, at (i-1)/2
	seq     uint64
}

type entry[T any] struct {
	v   T
	seq uint64
}

func (h *heap[T]) less(a, b *entry[T]) bool {
	if c := h.compare(a.v, b.v); c != 0 {
		return c < 0
	}
	return a.seq < b.seq
}

// push finds the place before it moves anything: compare is the user's, and if it
// panics the heap is as it was.
func (h *heap[T]) push(v T) {
	h.seq++
	e := entry[T]{v, h.seq}
	place := len(h.entries)
	for place > 0 && h.less(&e, &h.entries[(place-1)/2]) {
		place = (place - 1) / 2
	}
	h.entries = append(h.entries, e)
	for i := len(h.entries) - 1; i > place; {
		parent := (i - 1) / 2
		h.entries[i] = h.entries[parent]
		i = parent
	}
	h.entries[place] = e
}

func (h *heap[T]) pop() T {
	top := h.entries[0].v
	last := len(h.entries) - 1
	h.entries[0] = h.entries[last]
	h.entries[last] = entry[T]{} // the queue must not keep alive what it handed out
	h.entries = h.entries[:last]
	h.sink()
	return top
}

func (h *heap[T]) sink() {
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(h.entries) {
			return
		}
		if right := child + 1; right < len(h.entries) && h.less(&h.entries[right], &h.entries[child]) {
			child = right
		}
		if !h.less(&h.entries[child], &h.entries[i]) {
			return
		}
		h.entries[i], h.entries[child] = h.entries[child], h.entries[i]
		i = child
	}
}
