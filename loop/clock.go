package loop

import "time"

// CallLaterFunc is [Loop.CallLater] in the form in which package future asks for
// it, so that the timeouts of tasks are the loop's own timers, in one order with
// all others. It makes Loop a future.Clock. On a closed loop fn never runs.
func (l *Loop) CallLaterFunc(d time.Duration, fn func()) (cancel func()) {
	h, err := l.CallLater(d, fn)
	if err != nil {
		return func() {}
	}
	return h.Cancel
}
