package loop

import "errors"

// turnInPlace does the loop's work on the goroutine of t, which is about to be suspended,
// until it is the turn of a task. If that is t it goes on, and the result is true: a switch
// to the loop's goroutine and back is saved by every wait that ends before another task
// is to run, whether a callback ends it, a timer, or another goroutine. Otherwise t is to
// be suspended, and the loop goes on where t stopped:
//
//	loop  ── step t ─┐                                                       ┌─ step u …
//	t                └─ await ── c  d │ (wait, collect) ── e ── t … await ── f ─┘
//	                             rest of the turn │ the next one, begun by t
//
// Neither order nor number of turns depends on whose goroutine does that.
func (l *Loop) turnInPlace(t *task) bool {
	if l.nested > 0 || t.co.Stopping() {
		return false
	}
	for {
		if l.ready.head == l.end {
			if l.stopping.Load() {
				return false
			}
			l.beginTurn()
			if l.ready.head == l.end {
				return false
			}
		}
		if l.attention.Load() != 0 {
			return false
		}
		switch next := l.ready.first().t; {
		case next == nil:
			before := l.exiting // t may be unwinding, and wait as it does
			l.lend(t)
			l.exiting = before // for it has returned
		case next != t:
			return false
		default:
			l.ready.pop()
			if t.park.Load()&1 != 0 {
				return true
			} // else as in step
		}
	}
}

// lend runs the callbacks that are next on the goroutine of t, which is suspended meanwhile
// as far as they can tell: they are on the loop, and in no task.
func (l *Loop) lend(t *task) {
	var e entry
	returned := false
	l.current, t.lent = nil, true
	defer func() { l.current, t.lent = t, false }()
	defer func() {
		if returned {
			return
		}
		// runtime.Goexit cannot be stopped, be it the callback's or that of the handler of
		// its panic; nor does it stop for a panic after it. It takes t along, and then the
		// loop's own goroutine, for which it was meant; see stepped.
		l.exiting = true
		if v := recover(); v != nil {
			l.callbackPanicked(e, v)
		}
	}()
	for l.ready.head != l.end && l.attention.Load() == 0 {
		slot := l.ready.first()
		if slot.t != nil {
			break
		}
		e = *slot
		l.ready.removeFirst(slot)
		switch {
		case e.fn != nil:
			e.fn()
		case e.h != nil:
			l.runHandle(e.h)
		}
	}
	returned = true
}

// errCallbackGoexit is the outcome of a task that lent its goroutine to a callback that ended it.
var errCallbackGoexit = errors.New("loop: a callback ended the goroutine of the loop with runtime.Goexit, as t.FailNow does, while the task waited")
