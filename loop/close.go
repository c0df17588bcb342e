package loop

import (
	"fmt"

	"github.com/sourcegraph/conc/panics"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// Close ends the loop for good: what is scheduled is dropped, but for callbacks of
// futures that are settled already, which run in Close; tasks that are not
// done are unwound (their deferred functions run, see [CreateTask]) and reported
// by name, the default executor is shut down without waiting, and every call that
// needs the loop returns [ErrClosed] from then on.
//
// A running loop is not closed: [ErrRunning]. Closing twice does nothing.
//
// It stands for loop.close.
func (l *Loop) Close() error {
	if !l.running.CompareAndSwap(false, true) { // keeps RunForever out meanwhile
		if l.closed.Load() {
			return nil
		}
		return ErrRunning
	}
	defer l.running.Store(false)
	if l.closed.Swap(true) {
		return nil
	}
	l.signals.close()
	l.deliver(l.closeQueues())
	l.unwindTasks()
	l.closers.close()
	l.stopIdle()
	l.fallback.abandon()
	l.unseen.report(l)
	l.SetDebug(false)
	return nil
}

// delivery marks the entries that came through Post: the callbacks of futures.
// What CallSoon scheduled is dropped when the loop closes, as in asyncio. These
// are not: each may be counted on, by the goroutine that waits for what a
// callback would have settled, and Post promises that an accepted one will run.
var delivery = new(Handle)

// closeQueues drops what is scheduled, refuses more, and returns the deliveries
// that were on their way.
func (l *Loop) closeQueues() []func() {
	var left []func()
	keep := func(e entry) {
		if e.h == delivery {
			left = append(left, e.fn)
		}
	}
	posts := l.inbox.close()
	for l.ready.len() > 0 {
		keep(l.ready.pop())
	}
	for _, p := range posts {
		keep(p.entry)
	}
	l.ready, l.posted, l.timers = ring{}, spans{}, timerQueue{}
	return left
}

// deliver runs deliveries on a loop that closes, in the goroutine that closes it.
func (l *Loop) deliver(left []func()) {
	next := 0
	// Deferred because a callback may end this goroutine with runtime.Goexit:
	// the others still get their turn.
	defer func() {
		if next < len(left) {
			l.deliver(left[next:])
		}
	}()
	for next < len(left) {
		fn := left[next]
		next++
		if r := panics.Try(fn); r != nil {
			l.CallExceptionHandler(ExceptionContext{
				Message:  "Exception in callback",
				Err:      &future.PanicError{Value: r.Value, Stack: r.Stack},
				Callback: funcName(fn),
			})
		}
	}
}

// unwindTasks ends every task of a loop that closes.
func (l *Loop) unwindTasks() {
	for _, t := range l.tasks.snapshot() {
		l.CallExceptionHandler(ExceptionContext{
			Message: "Task was not done when its loop closed",
			Err:     fmt.Errorf("%w: cancel and await tasks before Close", ErrClosed),
			Task:    t.getName(),
		})
		if t.co == nil {
			t.self.abandon(ErrClosed)
			continue
		}
		t.co.Stop()
		t.co = nil
	}
}
