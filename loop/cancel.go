package loop

import (
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// This file is what a request to cancel does to a task. From the request on the
// task's context is done, and every wait with it fails; see wait.go. The wait in
// progress, or else the next one, is ended as in asyncio, for Python programs
// depend on the turn in which that happens and on what is canceled by it:
//
//	              cancel                     Park
//	running ────────────────► must cancel ───────────► the future awaited is canceled,
//	   │                          │                    or Park returns the error itself
//	   │ Park                     │ the body returns
//	   ▼                          ▼
//	parked ── cancel ──► what it waits for is canceled; if that cannot be, the task
//	                     is interrupted: Park returns the error in the next iteration
//
// A scope inside the task (see scope.go) makes the same request for the part of the
// body that it holds; the contexts around it stay as they are.

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
	t.endResumed(nil, cause, cause)
	if t.history == nil {
		t.history = new(history)
	}
	t.history.requested(t.l)
	return t.interrupt(cause, 0)
}

// interrupt tells the wait in progress, or else the next one, of a request. reach
// is the depth of the scope that makes it; see told.
func (t *task) interrupt(cause error, reach int) future.Answer {
	if t.finished {
		return future.Refuse
	}
	t.requests.Add(1)
	if t.interrupted || t.relaying {
		return future.Accept // one wait tells of one request, the first
	}
	if t.parked && t.told(t.waitCtx, reach) {
		if t.target != nil && t.relay(cause) {
			return future.Accept
		}
		if !isEnding(t.target) && t.end(t.park.Load()&^1) {
			t.cause, t.interrupted = cause, true // past recall: Uncancel comes too late
			return future.Accept
		}
	}
	// It runs, or what it waited for has just ended and its next step comes
	// already, or will without fail: that brings the cancellation in place of the result. Or it is in
	// a wait that no request may end, and the next one tells.
	t.cause, t.reach = cause, reach
	t.mustCancel = true
	return future.Accept
}

// isEnding reports whether a wait on target ends without fail and soon, though it takes
// no request.
func isEnding(target whose.Target) bool {
	e, ok := target.(whose.Ender)
	return ok && e.Ending()
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
