package child

import (
	"context"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
)

// A callContext is the context of a call in a worker process. Besides what the
// worker's own context knows, it tells where the reports of the call go. It is one
// allocation: what only a real context can give, the channel of Done in the main,
// is made when it is asked for, and so is the timer of its deadline.
//
// Most calls use none of it, so its end is one step then; see phase.
type callContext struct {
	reporter Reporter
	deadline int64 // on the monotonic clock; 0 for none

	mu      sync.Mutex
	late    *lateContext // nil until it is needed; guarded by mu
	cause   error        // why the context has ended, nil if it has not; guarded by mu
	expired bool         // by its deadline; guarded by mu
}

func newCallContext(s *server, id uint64, deadline int64) *callContext {
	return &callContext{reporter: Reporter{server: s, id: id}, deadline: deadline}
}

// A phase is that of a call.
type phase = uint32

const (
	unused phase = iota // neither the context nor its reporter was used
	used
	finished // the call has returned
)

// finish says that the call has returned: its context ends, and its reports have no
// place any more. One that is on its way is sent before.
func (c *callContext) finish() {
	if c.reporter.phase.CompareAndSwap(unused, finished) {
		return // what is asked for later is made as of a call that has ended
	}
	c.reporter.end()
	c.end(c.reporter.server.program.Finished)
}

// end cancels the context; only the first that ends it counts.
func (c *callContext) end(cause error) {
	if l, first := c.endOnce(cause, false); first && l != nil {
		l.cancel(cause)
		l.stop()
	}
}

// expire ends the context because of a deadline: its own, or one that the parent
// tells of. Each that asks is told DeadlineExceeded: to a task group or a scope,
// a cancellation is no failure.
func (c *callContext) expire() {
	if l, first := c.endOnce(context.DeadlineExceeded, true); first && l != nil {
		l.expire()
		l.stop()
	}
}

func (c *callContext) endOnce(cause error, expired bool) (l *lateContext, first bool) {
	c.reporter.use()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finishedLocked()
	if c.cause != nil {
		return nil, false
	}
	c.cause, c.expired = cause, expired
	return c.late, true
}

// finishedLocked notes that the call has returned, if it has and that is not known yet.
func (c *callContext) finishedLocked() {
	if c.late == nil && c.cause == nil && c.reporter.phase.Load() == finished {
		c.cause = c.reporter.server.program.Finished
	}
}

// real returns the real context, and makes it if need be.
func (c *callContext) real() context.Context {
	c.reporter.use()
	overdue := c.overdue()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.late != nil {
		return c.late.real
	}
	c.finishedLocked()
	if overdue && c.cause == nil {
		c.cause, c.expired = context.DeadlineExceeded, true
	}
	l := newLateContext(c)
	c.late = l
	switch {
	case c.expired:
		l.expire()
	case c.cause != nil:
		l.cancel(c.cause)
	case c.deadline != 0:
		l.timer = time.AfterFunc(time.Duration(c.deadline-proc.Monotonic()), c.expire)
	}
	return l.real
}

// overdue reports whether the deadline has passed.
func (c *callContext) overdue() bool { return c.deadline != 0 && proc.Monotonic() >= c.deadline }

// known returns the real context if it is needed to tell the truth.
func (c *callContext) known() context.Context {
	phase := c.reporter.phase.Load()
	needed := phase == finished
	if phase == used {
		c.mu.Lock()
		needed = c.late != nil || c.cause != nil
		c.mu.Unlock()
	}
	if needed || c.overdue() {
		return c.real()
	}
	return nil
}

func (c *callContext) Done() <-chan struct{} { return c.real().Done() }

func (c *callContext) Deadline() (time.Time, bool) {
	if c.deadline == 0 {
		return time.Time{}, false
	}
	return proc.TimeOf(c.deadline), true
}

func (c *callContext) Err() error {
	if real := c.known(); real != nil {
		return real.Err()
	}
	return nil
}

// Value asks the real context, if there is one: the key may be the one by which
// package context finds the innermost context that can be canceled.
func (c *callContext) Value(key any) any {
	if v := c.value(key); v != nil {
		return v
	}
	if real := c.known(); real != nil {
		return real.Value(key)
	}
	return nil
}

func (c *callContext) value(key any) any {
	if key == c.reporter.server.program.ProgressKey {
		return &c.reporter
	}
	return c.reporter.server.base.Value(key)
}

// A lateContext is what a call's context has once it was asked for. It is the
// parent of the real context and ends when the call's deadline has passed, or the
// parent process says that one has. Package context has no such thing, for there
// only a timer can end a context by DeadlineExceeded.
type lateContext struct {
	call   *callContext
	real   context.Context
	cancel context.CancelCauseFunc // of real
	timer  *time.Timer             // of the deadline; nil if there is none
	over   chan struct{}           // closed by expire
	told   func()                  // tells real; set before this is seen elsewhere
}

func newLateContext(c *callContext) *lateContext {
	l := &lateContext{call: c, over: make(chan struct{})}
	l.real, l.cancel = context.WithCancelCause(l)
	return l
}

// expire must be called once at most.
func (l *lateContext) expire() {
	close(l.over)
	l.told()
}

func (l *lateContext) stop() {
	if l.timer != nil {
		l.timer.Stop()
	}
}

func (l *lateContext) Done() <-chan struct{}       { return l.over }
func (l *lateContext) Deadline() (time.Time, bool) { return l.call.Deadline() }
func (l *lateContext) Value(key any) any           { return l.call.value(key) }

func (l *lateContext) Err() error {
	select {
	case <-l.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// AfterFunc is how package context arranges to be told of the end without a
// goroutine.
func (l *lateContext) AfterFunc(fn func()) (stop func() bool) {
	l.told = fn
	return stayed
}

// stayed need not stop anything: what it would spare ends with the call.
func stayed() bool { return false }
