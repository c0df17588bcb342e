package queue

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
