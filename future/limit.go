package future

import (
	"context"
	"errors"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

func init() { bridge.ContextError = contextError }

// contextError is what a task's wait returns whose context has ended: the cause, if that
// says by itself whether it is a cancellation or a deadline, or an error that says
// so and leads to the cause.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	switch {
	case errors.Is(cause, context.Canceled), errors.Is(cause, context.DeadlineExceeded):
		return cause
	case errors.Is(err, context.DeadlineExceeded):
		return &TimeoutError{Err: cause}
	}
	return Canceled(cause)
}

// after runs fn once d has passed: on the loop of the task that calls, or on a
// goroutine of its own if no task does.
func after(ctx context.Context, d time.Duration, fn func()) (cancel func()) {
	if h := whose.Current(ctx); h != nil {
		if l := bridge.LoopOf(h.Home()); l != nil {
			return l.CallLater(d, fn)
		}
	}
	timer := time.AfterFunc(d, fn)
	return func() { timer.Stop() }
}
