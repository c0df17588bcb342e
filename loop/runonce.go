package loop

import (
	"math"
	"time"
)

// RunOnce runs one iteration on the calling goroutine without waiting: the timers
// that are due and what is ready. It returns how long the caller may wait before
// the next call: zero if something is ready already, the time to the next timer
// otherwise, and math.MaxInt64 without one. What other goroutines post in the
// meantime is not announced.
//
// It is for programs that have a main loop of their own, of a graphical interface
// or a game, and call RunOnce once a round; and for tests that want to see each
// iteration by itself. For the refusals see [Loop.RunForever], which is what
// everybody else wants. It stands for the hook _run_once of loop subclasses.
func (l *Loop) RunOnce() (next time.Duration, err error) {
	if err := l.enter(); err != nil {
		return 0, err
	}
	defer l.leave()
	l.stopping.Store(true) // keeps the iteration from waiting
	l.iterate()
	if l.ready.len() > 0 || l.inbox.n.Load() != 0 {
		return 0, nil
	}
	if d, timed := l.untilNext(); timed {
		return max(d, 0), nil
	}
	return math.MaxInt64, nil
}
