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

func (h *heap[T]) push(v T) {
	h.seq++
	h.entries = append(h.entries, entry[T]{v, h.seq})
	for i := len(h.entries) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h.less(&h.entries[i], &h.entries[parent]) {
			return
		}
		h.entries[i], h.entries[parent] = h.entries[parent], h.entries[i]
		i = parent
	}
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
