package loop

import (
	"context"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// Resume says that the calling task has handled the cancellation which made ctx
// done. It returns the task's context anew, with the values of ctx: waits with it
// work, until the next request to cancel the task, or the part of it to which ctx
// belongs, makes it done in its turn. That is what asyncio does of itself after
// "except CancelledError"; in Go, where a cancellation is an error like others, it
// takes a word, so that a loop which logs errors and goes on cannot swallow one:
//
//	if future.IsCanceled(err) {
//		ctx = loop.Resume(ctx)
//		…
//	}
//
// For a clean-up that is to wait whatever happens, use context.WithoutCancel.
//
// The number of requests stays as it is; see [Task.Uncancel]. Inside a [Timeout] or
// a task group whose own end was handled the new context belongs to that body, and
// ends when the body returns. Of what the caller derived, a deadline say, only the
// values are kept. A ctx that is not done, or not the calling task's, is returned as
// it is.
func Resume(ctx context.Context) context.Context {
	if ctx == nil || ctx.Err() == nil {
		return ctx
	}
	t, ok := whose.Current(ctx).(*task)
	if !ok {
		return ctx
	}
	own := t.own(ctx)
	if own == nil {
		return ctx
	}
	t.mustCancel = false
	if t.history != nil {
		t.history.resumed++
	}
	in := own.frame()
	for in != nil && in.left {
		in = in.outer // ctx is from a scope that has been left
	}
	slot := &t.resumed
	if in != nil {
		slot = &in.resumed
	}
	if *slot == nil {
		*slot = new(resumption)
	}
	c := &resumedContext{resumption: *slot, t: t, in: in, values: ctx}
	if again, ok := ctx.(*resumedContext); ok {
		c.values = again.values
	}
	if when, ok := ctx.Deadline(); ok && when.After(time.Now()) {
		c.deadline = when
	}
	return c
}

// A resumption is the cancellation that all contexts have in common which Resume
// returned in one part of a task's body since the last request.
type resumption struct {
	lazyContext
	told error // what waits return once it has ended
}

// endResumed makes those contexts done that Resume returned and that a request
// reaches: of the scope by and of those inside, or of the whole task.
func (t *task) endResumed(by *scope, why, told error) {
	if by == nil {
		t.resumed.endAs(&t.resumed, why, told)
	}
	if t.scope != nil {
		t.scope.endResumed(by, why, told)
	}
}

func (s *scope) endResumed(by *scope, why, told error) {
	if s != by {
		if s.outer != nil {
			s.outer.endResumed(by, why, told)
		}
		if s.ctx.parent.Err() == nil {
			return // entered with a context that nothing ends
		}
	}
	s.resumed.endAs(&s.resumed, why, told)
}

// endAs ends what is in slot and empties it.
func (r *resumption) endAs(slot **resumption, why, told error) {
	if r == nil {
		return
	}
	*slot = nil
	r.told = told
	r.end(why)
}

// A resumedContext is what Resume returns.
type resumedContext struct {
	*resumption
	t        *task
	in       *scope // the scope whose body it belongs to, nil for the task's
	values   context.Context
	deadline time.Time // zero if there is none
}

func (c *resumedContext) real() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		c.realLocked(context.Background())
	}
	return c.inner
}

// Host returns the task; it makes resumedContext a whose.Carrier.
func (c *resumedContext) Host() whose.Host { return c.t }

// Deadline returns the deadline that the context had of which it was made, if that
// was still to come.
func (c *resumedContext) Deadline() (time.Time, bool) { return c.deadline, !c.deadline.IsZero() }

// Done returns a channel that is closed by the next request to cancel.
func (c *resumedContext) Done() <-chan struct{} { return c.real().Done() }

// Err returns context.Canceled once there was another request.
func (c *resumedContext) Err() error {
	if c.ended.Load() {
		return context.Canceled
	}
	return nil
}

// Value leads to the task, to its loop, and to the values of the context of which
// it was made.
func (c *resumedContext) Value(key any) any {
	switch key {
	case whose.Key:
		return c.t
	case any(loopKey{}):
		return c.t.l
	case any(ownKey{}):
		return c
	}
	// The standard library looks for its own contexts by a key, too, and must
	// find this one's; it has no other values.
	if v := c.real().Value(key); v != nil {
		return v
	}
	return c.values.Value(key)
}

func (c *resumedContext) host() *task            { return c.t }
func (c *resumedContext) below() context.Context { return nil }
func (c *resumedContext) frame() *scope          { return c.in }
func (c *resumedContext) whyDone() error         { return future.Canceled(c.told) }
