package loop

import (
	"slices"
	"time"
)

// What a burst needs, a million entries say, the queues of a loop need not keep. When the
// loop is about to sleep and much more is kept than came since the last time, for
// as long as surplusFor, it lets go of it. A loop that sleeps longer than that wakes once for it.
const (
	roomy      = 1 << 13 // entries for which there may be room in any case, in all queues together
	surplusFor = time.Second
)

// surplus knows how much the queues of a loop keep in vain.
type surplus struct {
	came uint64 // entries and timers that had come when the loop slept the last time
	used int64  // when that was much, by the clock of timers
}

// hasSurplus reports whether the queues keep much more than they have needed since the loop
// slept the last time; if they have done so for long, it lets go of it.
func (l *Loop) hasSurplus() bool {
	s := &l.surplus
	came := l.ready.tail + l.timers.seq
	since := came - s.came
	s.came = came
	room := l.room()
	if room <= roomy {
		return false
	}
	now := l.now()
	if 4*(since+uint64(l.timers.len())) >= room {
		s.used = now
	} else if now-s.used >= int64(surplusFor) {
		l.dropSurplus()
		return false
	}
	return true
}

// room returns how many entries there is room for.
func (l *Loop) room() uint64 {
	return uint64(len(l.ready.buf)+cap(l.posted.list)+l.inbox.kept) + l.timers.room()
}

// dropSurplus lets go of the buffers of queues. Nothing is ready.
func (l *Loop) dropSurplus() {
	l.ready.buf = nil
	l.posted = spans{list: slices.Clone(l.posted.list[l.posted.gone:])}
	l.inbox.shrink()
	l.timers.shrink()
}

// room returns how many timers there is room for.
func (q *timerQueue) room() uint64 {
	n := cap(q.heap)
	for i := range q.lanes {
		n += cap(q.lanes[i].items)
	}
	return uint64(n)
}

// shrink lets go of room that no timer uses.
func (q *timerQueue) shrink() {
	for i := range q.lanes {
		ln := &q.lanes[i]
		ln.items, ln.head = slices.Clone(ln.items[ln.head:]), 0
	}
	q.heap = slices.Clone(q.heap)
}

// shrink lets go of both buffers, if nothing is in them.
func (in *inbox) shrink() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.spare = nil
	if len(in.posts) == 0 {
		in.posts = nil
	}
	in.kept = 0
}
