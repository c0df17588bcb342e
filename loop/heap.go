package loop

// A timerHeap holds timers by deadline and, for equal deadlines, by sequence. It
// has four children a node, which halves the depth of a binary heap, and keeps
// the keys beside the pointers, so that comparing touches no timer.
type timerHeap []timerItem

type timerItem struct {
	when int64
	seq  uint64
	h    *TimerHandle
}

func (a timerItem) before(b timerItem) bool {
	return a.when < b.when || a.when == b.when && a.seq < b.seq
}

const arity = 4

func (q *timerHeap) push(h *TimerHandle) {
	h.inHeap.Store(true)
	*q = append(*q, timerItem{h.when, h.seq, h})
	q.up(len(*q) - 1)
}

func (q *timerHeap) pop() *TimerHandle {
	old := *q
	top := old[0].h
	top.inHeap.Store(false)
	last := len(old) - 1
	old[0] = old[last]
	old[last] = timerItem{}
	*q = old[:last]
	if last > 1 {
		q.down(0)
	}
	return top
}

func (q timerHeap) up(i int) {
	item := q[i]
	for i > 0 {
		parent := (i - 1) / arity
		if !item.before(q[parent]) {
			break
		}
		q[i] = q[parent]
		i = parent
	}
	q[i] = item
}

func (q timerHeap) down(i int) {
	item := q[i]
	for {
		first := arity*i + 1
		if first >= len(q) {
			break
		}
		least := first
		for child := first + 1; child < min(first+arity, len(q)); child++ {
			if q[child].before(q[least]) {
				least = child
			}
		}
		if !q[least].before(item) {
			break
		}
		q[i] = q[least]
		i = least
	}
	q[i] = item
}

// removeIf takes out every timer that match names.
func (q *timerHeap) removeIf(match func(*TimerHandle) bool) {
	old := *q
	kept := old[:0]
	for _, item := range old {
		if match(item.h) {
			item.h.inHeap.Store(false)
			continue
		}
		kept = append(kept, item)
	}
	clear(old[len(kept):])
	*q = kept
	for i := (len(kept) - 2) / arity; i >= 0 && len(kept) > 1; i-- {
		kept.down(i)
	}
}
