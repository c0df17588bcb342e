package loop

import (
	"context"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// This file is the task's side of waiting and of cancellation. A request is an
// edge, as in asyncio: it is told to one await.
//
//	              cancel                     Park
//	running ────────────────► must cancel ───────────► the future awaited is canceled,
//	   │                          │                    or Park returns the error itself
//	   │ Park                     │ the body returns
//	   ▼                          ▼
//	parked ── cancel ──► what it waits for is canceled; if that refuses, Park
//	                     returns the error in the next iteration
//
// Beside the edge there is a level: the task's context is done from the first
// request on.

// CancelRequested takes a request; it implements future.Canceler.
func (t *task) CancelRequested(_ future.State, cause error) future.Answer {
	if t.l.owned() {
		return t.cancel(cause)
	}
	if t.l.Post(func() { t.cancel(cause) }) != nil {
		return future.Refuse
	}
	return future.Accept
}

func (t *task) cancel(cause error) future.Answer {
	if t.finished {
		return future.Refuse
	}
	t.requests.Add(1)
	t.ctx.end(cause)
	if t.parked && t.target != nil && t.target.CancelCause(cause) {
		return future.Accept
	}
	t.mustCancel, t.cause = true, cause
	if t.parked {
		// Does nothing if what it waited for has just ended: then the next
		// step comes already, and brings the cancellation in place of the
		// result, as in asyncio.
		t.Unpark(t.park.Load() &^ 1)
	}
	return future.Accept
}

func (t *task) uncancel() int {
	for {
		n := t.requests.Load()
		if n == 0 {
			return 0
		}
		if t.requests.CompareAndSwap(n, n-1) {
			if n == 1 {
				t.mustCancel = false
			}
			return int(n - 1)
		}
	}
}

// The methods below make task a whose.Host.

// Owns reports whether the calling goroutine runs the body of t.
func (t *task) Owns() bool { return t.gid.Load() == whose.ID() }

// Home returns the loop.
func (t *task) Home() any { return t.l }

// CanPark reports that a task can be suspended.
func (t *task) CanPark() bool { return true }

// Prepare begins a wait.
func (t *task) Prepare() uint64 {
	ticket := t.park.Load()&^1 + 2
	t.park.Store(ticket)
	return ticket
}

// Unpark ends the wait that ticket stands for.
func (t *task) Unpark(ticket uint64) {
	if t.park.CompareAndSwap(ticket, ticket|1) {
		t.l.makeReady(t)
	}
}

// Park suspends the task.
func (t *task) Park(ticket uint64, on whose.Target) error {
	if t.mustCancel {
		if on != nil && on.CancelCause(t.cause) {
			t.mustCancel = false
		} else {
			t.Unpark(ticket)
		}
	}
	t.target, t.parked = on, true
	t.co.Suspend()
	t.target, t.parked = nil, false
	if t.mustCancel {
		t.mustCancel = false
		return future.Canceled(t.cause)
	}
	return nil
}

// Derived reports whether ctx is not the task's own: one that the user derived
// with a cancellation of its own, or that of another task.
func (t *task) Derived(ctx context.Context) bool {
	if ctx == context.Context(&t.ctx) {
		return false
	}
	done := ctx.Done()
	return done != nil && done != t.ctx.Done()
}

// Recancel puts a cancellation back for the next await.
func (t *task) Recancel(cause error) { t.mustCancel, t.cause = true, cause }
