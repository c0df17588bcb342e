package loop

import (
	"context"
	"errors"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A scope is a part of a task's body that can be stopped while the task goes on:
// the inside of a timeout or of a task group. Stopping it is an edge, counted
// among the task's requests like a Cancel, and the scope takes its own request
// back when the body has left. Its context ends with it, for work that was
// handed elsewhere; the task's own context does not.
//
// All of it is for code on the task's loop.
type scope struct {
	ctx   scopeContext
	entry int  // the task's requests when the body was entered
	asked bool // a request of the scope's own is among them
	why   error
}

// enter makes the calling task the one that is inside the scope.
func (s *scope) enter(ctx context.Context) error {
	t, ok := whose.Current(ctx).(*task)
	if !ok {
		return ErrNoTask
	}
	s.ctx.t, s.ctx.parent, s.ctx.level = t, ctx, t.Level(ctx)
	s.entry = int(t.requests.Load())
	return nil
}

// stop ends the body: its context with the cause why, its current or next await
// with a cancellation for the reason edge. The two differ because a body must not
// take the edge for anything but a cancellation: why may be a timeout.
func (s *scope) stop(why, edge error) {
	s.asked, s.why = true, why
	s.ctx.end(why)
	s.ctx.t.interrupt(edge)
}

// caused reports whether err comes from the cause that stop gave to the context: a
// library that saw the context's end may return it. It is compared by identity,
// so each call of stop needs a cause of its own.
func (s *scope) caused(err error) bool { return s.asked && errors.Is(err, s.why) }

// settle takes back the scope's own request, if it made one. It reports whether
// no request of anybody else came since the body was entered.
func (s *scope) settle() (alone bool) {
	if !s.asked {
		return int(s.ctx.t.requests.Load()) <= s.entry
	}
	s.asked = false
	return s.ctx.t.uncancel() <= s.entry
}

// errScopeLeft is the cause of a scope's context once the body has returned.
var errScopeLeft = errors.New("loop: the body of the scope has returned")

// leave ends the scope's context for good. The standard library's contexts and
// errgroup's do the same, and by it a task that enters scopes all day leaves
// nothing behind in its own context.
func (s *scope) leave() { s.ctx.end(errScopeLeft) }

type scopeKey struct{}

// A scopeContext is the context of a scope's body.
type scopeContext struct {
	lazyContext
	t      *task
	parent context.Context // what the scope was entered with
	level  context.Context // the part of parent whose end is a level; see task.Level
	limit  *TimeoutScope   // if the scope is a timeout
}

// end makes the context done, with the cause of what is around it if that ended
// before.
func (c *scopeContext) end(cause error) {
	if c.parent.Err() != nil {
		cause = context.Cause(c.parent)
	}
	c.lazyContext.end(cause)
}

func (c *scopeContext) real() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		parent := c.parent
		if c.ended.Load() {
			// What has ended the parent since is not this context's cause.
			parent = context.WithoutCancel(parent)
		}
		c.realLocked(parent)
	}
	return c.inner
}

// Host returns the task; it makes scopeContext a whose.Carrier.
func (c *scopeContext) Host() whose.Host { return c.t }

// Deadline returns the earliest of the scope's deadline and those around it. The
// scope's may move; see [TimeoutScope.Reschedule].
func (c *scopeContext) Deadline() (time.Time, bool) {
	when, ok := c.parent.Deadline()
	if c.limit == nil {
		return when, ok
	}
	if own := c.limit.When(); !own.IsZero() && (!ok || own.Before(when)) {
		return own, true
	}
	return when, ok
}

// Done returns a channel that is closed when the scope ends, or its task or
// whatever else the scope was entered with is asked to stop.
func (c *scopeContext) Done() <-chan struct{} { return c.real().Done() }

// Err returns an error once the scope has ended or what is around it.
func (c *scopeContext) Err() error {
	if c.ended.Load() {
		return context.Canceled
	}
	return c.parent.Err()
}

// Value leads to the task, to its loop, to this scope, and to the parent's values.
func (c *scopeContext) Value(key any) any {
	switch key {
	case whose.Key:
		return c.t
	case any(loopKey{}):
		return c.t.l
	case any(scopeKey{}):
		return c
	}
	c.mu.Lock()
	inner := c.inner
	c.mu.Unlock()
	if inner == nil && !c.ended.Load() {
		// The standard library looks for its own contexts by a key, too. As
		// long as this one has not ended and nobody has its channel, the
		// parent's answer is the right one.
		return c.parent.Value(key)
	}
	return c.real().Value(key)
}
