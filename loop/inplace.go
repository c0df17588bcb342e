package loop

// turnInPlace lets t, which is about to be suspended, go on without a switch to the
// loop's goroutine and back, where that would only find t to run next: a task that
// awaits one thing after the other, and nobody else has anything to do.
//
// When t was the last of its turn it begins the next one itself, on its own
// goroutine, just as the loop would: it waits, collects posts and timers, and marks
// the turn's end. If t comes first in that turn it goes on, and the result is true.
// In any other case it is to be suspended, and the loop goes on with the turn:
//
//	loop      ── step t ─┐                                   ┌─ c  d │ next turn
//	t                    └─ await ── (wait, collect) ── t c d ─ await ┘
//	                                 a turn begun by t, t is its first
//
// Neither order nor number of turns depends on whose goroutine begins them.
func (l *Loop) turnInPlace(t *task) bool {
	switch {
	case l.ready.head != l.end, l.nested > 0, l.stopping.Load(), t.co.Stopping():
		return false
	}
	l.beginTurn()
	for l.ready.head != l.end && l.attention.Load() == 0 && l.ready.first().t == t {
		l.ready.pop()
		if t.park.Load()&1 == 0 {
			continue // as in step
		}
		return true
	}
	return false
}
