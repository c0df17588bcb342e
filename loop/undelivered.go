package loop

import (
	"github.com/sourcegraph/conc/panics"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// delivery marks the entries that came through Post: the callbacks of futures.
// What CallSoon scheduled is dropped when the loop closes, as in asyncio. These
// are not: somebody may count on each, the goroutine that waits for what a
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
	l.ready, l.timers = ring{}, nil
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
