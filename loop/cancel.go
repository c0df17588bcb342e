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
//	parked ── cancel ──► what it waits for is canceled; if that cannot be, the task
//	                     is interrupted: Park returns the error in the next iteration
//
// Beside the edge there is a level: the task's context is done from the first
// request on. A scope inside the task (see scope.go) makes the same edge, but the
// level is that of its own context.

// CancelRequested takes a request; it implements future.Canceler.
func (t *task) CancelRequested(_ future.State, cause error) future.Answer {
	if t.l.owned() {
		return t.cancel(cause)
	}
	t.ctx.mu.Lock()
	if t.mail == nil {
		t.mail = new([]error)
	}
	*t.mail = append(*t.mail, cause)
	t.mailed.Add(1)
	t.ctx.mu.Unlock()
	if t.l.Post(t.readMail) != nil {
		return future.Refuse
	}
	return future.Accept
}

// readMail takes the requests that came from elsewhere. The loop calls it for each
// that was posted, and before the first step: what is canceled by then must not
// start, even if the request was posted after the step.
func (t *task) readMail() {
	if t.mailed.Load() == 0 {
		return
	}
	t.ctx.mu.Lock()
	mail := *t.mail
	*t.mail = nil
	t.mailed.Store(0)
	t.ctx.mu.Unlock()
	for _, cause := range mail {
		t.cancel(cause)
	}
}

// unmail takes back one of them and returns how many are left.
func (t *task) unmail() int {
	t.ctx.mu.Lock()
	defer t.ctx.mu.Unlock()
	if t.mailed.Load() == 0 {
		return 0
	}
	*t.mail = (*t.mail)[:len(*t.mail)-1]
	return int(t.mailed.Add(-1))
}

func (t *task) cancel(cause error) future.Answer {
	if t.finished || t.relaying {
		return future.Refuse // the second: tasks that await each other in a circle
	}
	t.ctx.end(cause)
	return t.interrupt(cause)
}

// interrupt is the edge of a cancellation without the level: what a scope does to
// the task that is inside it, whose own context must outlive the scope.
func (t *task) interrupt(cause error) future.Answer {
	if t.finished {
		return future.Refuse
	}
	t.requests.Add(1)
	if t.interrupted || t.relaying {
		return future.Accept // one wait tells of one request, the first
	}
	if t.parked && t.target != nil && t.relay(cause) {
		return future.Accept
	}
	t.cause = cause
	if t.parked && t.end(t.park.Load()&^1) {
		t.interrupted = true // past recall: Uncancel comes too late
		return future.Accept
	}
	// It runs, or what it waited for has just ended and its next step comes
	// already: that brings the cancellation in place of the result.
	t.mustCancel = true
	return future.Accept
}

// relay passes a request on to what the task waits for.
func (t *task) relay(cause error) bool {
	t.relaying = true
	defer func() { t.relaying = false }()
	return t.target.CancelCause(cause)
}

func (t *task) uncancel() int {
	for {
		n := t.requests.Load()
		if n == 0 {
			return t.unmail()
		}
		if t.requests.CompareAndSwap(n, n-1) {
			if n == 1 {
				t.withdraw()
			}
			return int(n - 1)
		}
	}
}

// withdraw drops a cancellation that no wait has been told of.
func (t *task) withdraw() {
	switch {
	case t.l == nil: // it failed when it was created
	case t.l.owned():
		t.mustCancel = false
	default:
		_ = t.l.Post(func() { // a closed loop has no tasks left
			if t.requests.Load() == 0 {
				t.mustCancel = false
			}
		})
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

// yield is a wait that is over before it begins: a turn for everybody else. It does
// what Prepare, Unpark and Park do, with half the atomic operations.
func (t *task) yield() error {
	ticket := t.park.Load()&^1 + 2
	t.park.Store(ticket | 1)
	if t.l.inbox.n.Load() != 0 {
		t.l.drain()
	}
	t.l.ready.push(entry{t: t})
	return t.Park(ticket, nil)
}

// Unpark ends the wait that ticket stands for.
func (t *task) Unpark(ticket uint64) { t.end(ticket) }

// end is Unpark; it reports whether this call was the one that ended the wait.
func (t *task) end(ticket uint64) bool {
	if !t.park.CompareAndSwap(ticket, ticket|1) {
		return false
	}
	t.l.makeReady(t)
	return true
}

// Park suspends the task.
func (t *task) Park(ticket uint64, on whose.Target) error {
	if t.mustCancel {
		switch {
		case on != nil && on.CancelCause(t.cause):
			t.mustCancel = false
		case t.end(ticket):
			t.mustCancel, t.interrupted = false, true
		}
	}
	t.target, t.parked = on, true
	if !t.l.turnInPlace(t) {
		t.co.Suspend()
	}
	t.target, t.parked = nil, false
	if t.mustCancel || t.interrupted {
		t.mustCancel, t.interrupted = false, false
		return future.Canceled(t.cause)
	}
	return nil
}

// Derived reports whether ctx, or what it stands on, is not the task's own: one
// that the user derived with a cancellation of its own, or that of another task.
func (t *task) Derived(ctx context.Context) bool { return t.Level(ctx) != nil }

// Level returns the part of ctx whose end every wait obeys; see whose.Host. It is
// safe from any goroutine.
func (t *task) Level(ctx context.Context) context.Context {
	switch c := ctx.(type) {
	case nil:
		return nil
	case *taskContext:
		if c == &t.ctx {
			return nil
		}
	case *scopeContext:
		if c.t == t {
			return c.level
		}
	}
	done := ctx.Done()
	if done == nil || t.ctx.made(done) {
		return nil
	}
	if s, ok := ctx.Value(scopeKey{}).(*scopeContext); ok && s.t == t && s.made(done) {
		return s.level // ctx only adds values to the scope's
	}
	return ctx
}

// Recancel puts a cancellation back for the next await.
func (t *task) Recancel(cause error) { t.mustCancel, t.cause = true, cause }
