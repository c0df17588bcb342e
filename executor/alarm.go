package executor

import "time"

// An alarm calls a function later, and is set once until that has happened, however often
// it is asked for. The mutex of what it belongs to guards it.
type alarm struct {
	timer *time.Timer
	set   bool
}

// after has fn called once d has passed, on a goroutine of its own, unless the alarm is
// set already. fn calls rang first, with the mutex held.
func (a *alarm) after(d time.Duration, fn func()) {
	switch {
	case a.set:
	case a.timer == nil:
		a.set = true
		a.timer = time.AfterFunc(d, fn)
	default:
		a.set = true
		a.timer.Reset(d)
	}
}

// rang notes that the function is called, and lets the alarm be set again.
func (a *alarm) rang() { a.set = false }

// stop ends it. If it was set it stays so, and does not ring any more.
func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
