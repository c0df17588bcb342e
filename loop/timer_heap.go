package loop

// A timerKey is what timers are ordered by.
type timerKey struct {
	when int64
	seq  uint64
}

func (a *timerKey) before(b *timerKey) bool {
	return a.when < b.when || a.when == b.when && a.seq < b.seq
}

// A timerItem is a timer with its key beside the pointer, so that neither comparing nor moving
// touches the timer itself, whose memory is far away.
type timerItem struct {
	timerKey
	h *Handle
}

// A timerHeap holds timers by deadline and, for equal deadlines, by sequence. It
// has four children a node, which halves the depth of a binary heap.
type timerHeap []timerItem

const arity = 4

func (q *timerHeap) push(item timerItem) {
	*q = append(*q, item)
	q.up(len(*q) - 1)
}

func (q *timerHeap) pop() *Handle {
	old := *q
	top := old[0].h
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
		if !item.before(&q[parent].timerKey) {
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
			if q[child].before(&q[least].timerKey) {
				least = child
			}
		}
		if !q[least].before(&item.timerKey) {
			break
		}
		q[i] = q[least]
		i = least
	}
	q[i] = item
}

// order makes a heap of items in any order.
func (q timerHeap) order() {
	for i := (len(q) - 2) / arity; i >= 0 && len(q) > 1; i-- {
		q.down(i)
	}
}
