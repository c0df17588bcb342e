package loop

import "math"

// A timerQueue holds timers by deadline and, for equal deadlines, by sequence.
//
// Programs wait for the same few times again and again, and timers of the same delay
// are due in the order in which they are scheduled. So there are some lanes, which are
// plain queues: a timer goes to the end of the lane whose last timer is the latest
// of those that are not later than it, and only what fits no lane goes into a heap. A
// lane costs the same however many wait in it:
//
//	scheduled   60 s  1 s  60 s  1 s  10 ms  1 s  60 s …
//	lane 0      60 ── 60 ── 60
//	lane 1      1 ── 1 ── 1
//	lane 2      10 ms
//	heap        what fits nowhere
//
// The next timer is the first of a lane or of the heap.
type timerQueue struct {
	lanes [maxLanes]lane
	heads [maxLanes]timerKey // of the first timer of each lane, noTimer if it is empty
	tails [maxLanes]int64    // when the last one is due; an empty lane takes every timer
	used  int                // lanes from here on are empty
	least int64              // if all are in use, none takes a timer that is due before that

	heap timerHeap
	n    int
	seq  uint64 // of the last timer that came

	front int // the lane whose first timer is the next of all in lanes, if there is one
}

// Sixteen lanes are compared in some nanoseconds.
const maxLanes = 16

const inHeap = -1

// noTimer is behind every timer.
var noTimer = timerKey{math.MaxInt64, math.MaxUint64}

// len returns the number of timers.
func (q *timerQueue) len() int { return q.n }

func (q *timerQueue) push(h *TimerHandle) {
	q.n++
	q.seq++
	item := timerItem{timerKey{h.when, q.seq}, &h.Handle}
	i := q.laneFor(h.when)
	if i == inHeap {
		q.heap.push(item)
		return
	}
	if q.lanes[i].empty() {
		q.heads[i] = item.timerKey
		if item.before(&q.heads[q.front]) {
			q.front = i
		}
	}
	q.lanes[i].items = append(q.lanes[i].items, item)
	q.tails[i] = h.when
}

// laneFor returns the lane that a timer for when joins.
func (q *timerQueue) laneFor(when int64) int {
	if q.used == maxLanes && when < q.least {
		return inHeap
	}
	best := inHeap
	latest, least := int64(math.MinInt64), int64(math.MaxInt64)
	for i, tail := range q.tails[:q.used] {
		if tail <= when && tail >= latest {
			best, latest = i, tail
		}
		least = min(least, tail)
	}
	switch {
	case best != inHeap:
	case q.used < maxLanes:
		best = q.used
		q.used++
	default:
		q.least = least
	}
	return best
}

// first returns the timer that pop would take. There must be one.
func (q *timerQueue) first() *Handle {
	if i := q.find(); i != inHeap {
		return q.lanes[i].items[q.lanes[i].head].h
	}
	return q.heap[0].h
}

// when returns when the next timer is due. There must be one.
func (q *timerQueue) when() int64 {
	if i := q.find(); i != inHeap {
		return q.heads[i].when
	}
	return q.heap[0].when
}

// find returns the lane in which the next timer is.
func (q *timerQueue) find() int {
	if len(q.heap) > 0 && (q.used == 0 || q.heap[0].before(&q.heads[q.front])) {
		return inHeap
	}
	return q.front
}

// pop takes the next timer out. There must be one.
func (q *timerQueue) pop() *Handle {
	q.n--
	i := q.find()
	if i == inHeap {
		return q.heap.pop()
	}
	h := q.lanes[i].pop()
	q.measure(i)
	q.findFront()
	return h
}

func (q *timerQueue) findFront() {
	q.front = 0
	least := &q.heads[0]
	for i := 1; i < q.used; i++ {
		if head := &q.heads[i]; head.before(least) {
			q.front, least = i, head
		}
	}
}

// measure brings what is known of a lane up to date after timers were taken out.
func (q *timerQueue) measure(i int) {
	if ln := &q.lanes[i]; !ln.empty() {
		q.heads[i] = ln.items[ln.head].timerKey
		q.tails[i] = ln.items[len(ln.items)-1].when
		return
	}
	q.heads[i], q.tails[i] = noTimer, math.MinInt64
	q.least = math.MinInt64
	for q.used > 0 && q.lanes[q.used-1].empty() {
		q.used--
	}
}

// removeIf takes out every timer that match names.
func (q *timerQueue) removeIf(match func(*Handle) bool) {
	for i := range q.lanes {
		ln := &q.lanes[i]
		ln.items, ln.head = without(match, ln.items, ln.items[ln.head:]), 0
		q.measure(i)
	}
	q.heap = without(match, q.heap, q.heap)
	q.heap.order()
	q.findFront()
	q.least = math.MinInt64 // a lane may end earlier now
	q.n = len(q.heap)
	for i := range q.lanes {
		q.n += len(q.lanes[i].items)
	}
}

// without writes those of items that match does not name to the beginning of all, in which items
// are, and returns them.
func without(match func(*Handle) bool, all, items []timerItem) []timerItem {
	kept := all[:0]
	for _, item := range items {
		if match(item.h) {
			continue
		}
		kept = append(kept, item)
	}
	clear(all[len(kept):])
	return kept
}

// A lane is a queue of timers in their order.
type lane struct {
	items []timerItem
	head  int
}

func (ln *lane) empty() bool { return ln.head == len(ln.items) }

func (ln *lane) pop() *Handle {
	h := ln.items[ln.head].h
	ln.items[ln.head] = timerItem{}
	ln.head++
	switch {
	case ln.empty():
		ln.items, ln.head = ln.items[:0], 0
	case ln.head >= 64 && 2*ln.head >= len(ln.items): // each timer is moved once on average
		n := copy(ln.items, ln.items[ln.head:])
		clear(ln.items[n:])
		ln.items, ln.head = ln.items[:n], 0
	}
	return h
}
