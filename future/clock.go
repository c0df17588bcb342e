package future

import (
	"context"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A Clock is a [Poster] with timers of its own. Where a task waits with a limit,
// its loop's timers are used, so that they fire in one order with all the others
// of that loop.
type Clock interface {
	Poster
	// CallLaterFunc runs fn on the Poster's goroutine once d has passed,
	// unless cancel was called before.
	CallLaterFunc(d time.Duration, fn func()) (cancel func())
}

// after runs fn once d has passed: on the loop of the task that calls, or on a
// goroutine of its own if no task does.
func after(ctx context.Context, d time.Duration, fn func()) (cancel func()) {
	if h := whose.Current(ctx); h != nil {
		if clock, ok := h.Home().(Clock); ok {
			return clock.CallLaterFunc(d, fn)
		}
	}
	timer := time.AfterFunc(d, fn)
	return func() { timer.Stop() }
}
