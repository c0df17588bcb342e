package sched

import (
	"cmp"
	"math"
	"slices"
)

// A Queue holds calls: those of a higher priority first, those of one priority in the
// order of their arrival. The calls themselves are the links, so that queuing
// allocates nothing and a call that is called off leaves at once. Its zero value is
// empty.
type Queue[C any] struct {
	levels []level[C] // sorted, the highest priority first; level 0 mostly is the only one
	n      int
	holds  place // where its calls are; queued unless it says otherwise
}

type level[C any] struct {
	priority   int
	head, tail *Call[C]
	seen       *Call[C] // the last that Unseen has returned; nil if it has gone
}

// Len returns the number of calls.
func (q *Queue[C]) Len() int { return q.n }

// at returns the level of a priority, or where it belongs.
func (q *Queue[C]) at(priority int) (int, bool) {
	if len(q.levels) == 1 && q.levels[0].priority == priority {
		return 0, true
	}
	return slices.BinarySearchFunc(q.levels, priority, func(l level[C], p int) int { return cmp.Compare(p, l.priority) })
}

func (q *Queue[C]) level(priority int) *level[C] {
	i, ok := q.at(priority)
	if !ok {
		q.levels = slices.Insert(q.levels, i, level[C]{priority: priority})
	}
	return &q.levels[i]
}

// Push puts c behind all others of its priority.
func (q *Queue[C]) Push(c *Call[C]) {
	l := q.level(c.Priority)
	q.link(l, c, l.tail)
}

// insert puts c where its order says, among those of its priority. The others must be
// in order too.
func (q *Queue[C]) insert(c *Call[C]) {
	l := q.level(c.Priority)
	before := l.tail
	for before != nil && before.Order > c.Order {
		before = before.prev
	}
	q.link(l, c, before)
}

// link puts c behind another call of its level; nil means in front.
func (q *Queue[C]) link(l *level[C], c, before *Call[C]) {
	next := l.head
	if before != nil {
		next = before.next
		before.next = c
	} else {
		l.head = c
	}
	if next != nil {
		next.prev = c
	} else {
		l.tail = c
	}
	c.prev, c.next, c.place = before, next, max(q.holds, queued)
	q.n++
}

// First returns the call that is to run next, or nil.
func (q *Queue[C]) First() *Call[C] {
	for i := range q.levels {
		if q.levels[i].head != nil {
			return q.levels[i].head
		}
	}
	return nil
}

// Pop takes out the call that is to run next, or returns nil.
func (q *Queue[C]) Pop() *Call[C] {
	c := q.First()
	if c != nil {
		q.Remove(c)
	}
	return c
}

// Remove takes out c. It reports false if c is not in the queue.
func (q *Queue[C]) Remove(c *Call[C]) bool {
	if c.place != max(q.holds, queued) {
		return false
	}
	i, _ := q.at(c.Priority)
	l := &q.levels[i]
	if l.seen == c {
		l.seen = c.prev
	}
	if c.prev == nil {
		l.head = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		l.tail = c.prev
	} else {
		c.next.prev = c.prev
	}
	c.next, c.prev, c.place = nil, nil, nowhere
	q.n--
	// Levels that were used once must not add up to a slow search.
	if l.head == nil && len(q.levels) > 8 {
		q.levels = slices.Delete(q.levels, i, i+1)
	}
	return true
}

// All returns the calls in the order in which they are to run.
func (q *Queue[C]) All() []*Call[C] {
	calls := make([]*Call[C], 0, q.n)
	for i := range q.levels {
		for c := q.levels[i].head; c != nil; c = c.next {
			calls = append(calls, c)
		}
	}
	return calls
}

// Oldest returns since when the call waits that was submitted first, of those that are
// at the head of their priority; the greatest time if there is none.
func (q *Queue[C]) Oldest() int64 {
	t := int64(math.MaxInt64)
	for i := range q.levels {
		if c := q.levels[i].head; c != nil {
			t = min(t, c.Since)
		}
	}
	return t
}

// Unseen calls yield with each call that was submitted at the given time or before,
// but only once for each.
func (q *Queue[C]) Unseen(until int64, yield func(*Call[C])) {
	for i := range q.levels {
		l := &q.levels[i]
		for c := l.unseen(); c != nil && c.Since <= until; c = c.next {
			l.seen = c
			yield(c)
		}
	}
}

// HasUnseen reports whether there are calls that Unseen has not returned.
func (q *Queue[C]) HasUnseen() bool {
	for i := range q.levels {
		if q.levels[i].unseen() != nil {
			return true
		}
	}
	return false
}

// unseen returns the first call of the level that was not seen. They are seen in
// their order.
func (l *level[C]) unseen() *Call[C] {
	if l.seen != nil {
		return l.seen.next
	}
	return l.head
}
