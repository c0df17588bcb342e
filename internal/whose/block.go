package whose

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// ErrWouldBlock is returned by a call that would block a loop's own goroutine.
var ErrWouldBlock = errors.New("called from a bare callback on the loop's goroutine, where waiting would block the loop: start a task with CreateTask and wait there")

// Block runs fn, which may block, without ever blocking a loop.
//
// In a plain goroutine it calls fn in place. In a task it runs fn on a goroutine
// of its own and suspends the task until fn has returned; cancelling the task
// ends the context that fn got, and if fn finishes with success all the same,
// the cancellation is kept for the task's next wait. In a bare callback it
// returns ErrWouldBlock without calling fn. A panic in fn is passed on to the
// caller.
func Block(ctx context.Context, fn func(context.Context) error) error {
	h := Current(ctx)
	if h == nil {
		if w := Waiting(); w != nil {
			defer w.Resumed()
		}
		return fn(ctx)
	}
	if !h.CanPark() {
		return ErrWouldBlock
	}
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b := &blocked{cancel: cancel}
	ticket := h.Prepare()
	go b.run(inner, fn, h, ticket)
	for {
		// Parked even if fn has returned by now: its ticket is spent then, and
		// a step that it made ready must meet the wait it was meant for.
		if err := h.Park(ctx, ticket, b); err != nil {
			b.CancelCause(err)
		}
		if b.done.Load() {
			break
		}
		// Canceled while fn still winds up: keep waiting for it, for what fn
		// does must not outlive this call.
		ticket = h.Prepare()
		b.next(h, ticket)
	}
	if b.panicked != nil {
		panic(b.panicked)
	}
	if cause := b.canceled.Load(); cause != nil && b.err == nil {
		h.Recancel(*cause)
	}
	return b.err
}

type blocked struct {
	cancel   context.CancelCauseFunc
	canceled atomic.Pointer[error]
	waiter   atomic.Pointer[waiter]
	done     atomic.Bool // set by run after err and panicked are final
	err      error
	panicked any
}

type waiter struct {
	host   Host
	ticket uint64
}

// run is the goroutine of one Block. The outcome is delivered in a deferred
// call because runtime.Goexit in fn runs nothing else, and an outcome that
// is never delivered would leave the task suspended.
func (b *blocked) run(ctx context.Context, fn func(context.Context) error, h Host, ticket uint64) {
	returned := false
	defer func() {
		if !returned {
			if v := recover(); v != nil {
				b.panicked = fmt.Sprintf("%v\n\n%s", v, debug.Stack())
			} else {
				b.err = errors.New("the blocking call ended its goroutine with runtime.Goexit")
			}
		}
		b.done.Store(true)
		h.Unpark(ticket)
		if w := b.waiter.Load(); w != nil {
			w.host.Unpark(w.ticket)
		}
	}()
	b.err = fn(ctx)
	returned = true
}

// next registers a further ticket after the first one was spent.
func (b *blocked) next(h Host, ticket uint64) {
	b.waiter.Store(&waiter{h, ticket})
	if b.done.Load() {
		h.Unpark(ticket)
	}
}

// CancelCause ends the context of fn; it implements Target.
func (b *blocked) CancelCause(cause error) bool {
	b.canceled.CompareAndSwap(nil, &cause)
	b.cancel(cause)
	return true
}
