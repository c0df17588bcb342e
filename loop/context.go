package loop

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A lazyContext is the cancellation of a context that is rarely asked for.
// Only when it is, a context of the standard library is made behind it, so
// that contexts derived from it start no goroutine and context.Cause works.
type lazyContext struct {
	ended atomic.Bool

	mu     sync.Mutex // guards what follows
	inner  context.Context
	cancel context.CancelCauseFunc
	cause  error
}

// end makes the context done. Only the first cause counts.
func (c *lazyContext) end(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended.Swap(true) {
		return
	}
	c.cause = cause
	if c.cancel != nil {
		c.cancel(cause)
	}
}

// renew makes the context as new. Nothing has it yet.
func (c *lazyContext) renew() {
	c.ended.Store(false)
	c.inner, c.cancel, c.cause = nil, nil, nil
}

// reason returns the cause of the end.
func (c *lazyContext) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// made reports whether done is the channel of this context, without making it.
func (c *lazyContext) made(done <-chan struct{}) bool {
	c.mu.Lock()
	inner := c.inner
	c.mu.Unlock()
	return inner != nil && inner.Done() == done
}

// realLocked makes the context of the standard library. The caller holds mu and
// has seen that there is none.
func (c *lazyContext) realLocked(parent context.Context) {
	c.inner, c.cancel = context.WithCancelCause(parent)
	if c.ended.Load() {
		c.cancel(c.cause)
	}
}

// An ownContext is a context that belongs to a task: that of its body, of a scope in
// it, or one that Resume returned there.
type ownContext interface {
	context.Context
	made(done <-chan struct{}) bool

	host() *task
	frame() *scope          // whose body it belongs to, nil for the task's
	below() context.Context // see task.Level
	whyDone() error         // what a wait with it returns; the context is done
}

type ownKey struct{}

// own returns the context of t on which ctx stands, nil if there is none.
func (t *task) own(ctx context.Context) ownContext {
	if ctx == nil {
		return nil
	}
	if own, ok := ctx.Value(ownKey{}).(ownContext); ok && own.host() == t {
		return own
	}
	return nil
}

// A taskContext is the context of a task's body. It is part of the task, and
// most tasks never need more of it than the two values that lead to the task and
// to its loop.
type taskContext struct {
	lazyContext
	t    *task
	base context.Context // values and deadline; the task's creator gave it

	unwatch func() bool // ends the watch over what the creator derived; the loop's
}

func (c *taskContext) init(ctx context.Context, t *task) {
	c.t = t
	level := inherited(ctx)
	// A task's context stands for what it was made from: a chain of tasks,
	// each the creator of the next, must not keep all of them in memory.
	c.base = ctx
	for {
		switch creator := c.base.(type) {
		case *scopeContext:
			c.base = creator.parent
			continue
		case *resumedContext:
			c.base = creator.values
			continue
		}
		if creator, ok := c.base.(*taskContext); ok {
			c.base = creator.base
		}
		break
	}
	if level == nil {
		return
	}
	if level.Err() != nil {
		t.cancel(context.Cause(level)) // nothing else knows the task yet
		return
	}
	c.unwatch = context.AfterFunc(level, func() {
		t.CancelRequested(0, context.Cause(level))
	})
}

// inherited returns the context whose end a task made from ctx obeys: what the
// creator derived, but not the creator's own context and not a scope of it. Both
// end by cancellations, and those are not inherited, as in asyncio.
func inherited(ctx context.Context) context.Context {
	if own, ok := ctx.(ownContext); ok {
		return own.below()
	}
	if ctx.Done() == nil {
		return nil
	}
	if creator, ok := ctx.Value(whose.Key).(*task); ok {
		return creator.Level(ctx)
	}
	return ctx
}

// release ends the watch when the task is done. The context itself is not ended:
// work that the task handed elsewhere and did not wait for goes on, as in asyncio.
func (c *taskContext) release() {
	if c.unwatch != nil {
		c.unwatch()
		c.unwatch = nil
	}
}

func (c *taskContext) host() *task            { return c.t }
func (c *taskContext) below() context.Context { return nil }
func (c *taskContext) frame() *scope          { return nil }
func (c *taskContext) whyDone() error         { return future.Canceled(c.reason()) }

func (c *taskContext) real() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		c.realLocked(context.WithoutCancel(c.base))
	}
	return c.inner
}

// Host returns the task; it makes taskContext a whose.Carrier.
func (c *taskContext) Host() whose.Host { return c.t }

// Deadline returns the deadline of the context that the task was created with.
func (c *taskContext) Deadline() (time.Time, bool) { return c.base.Deadline() }

// Done returns a channel that is closed when the task was asked to stop.
func (c *taskContext) Done() <-chan struct{} { return c.real().Done() }

// Latch says how Err works; it makes taskContext a whose.Latch.
func (c *taskContext) Latch() {}

// Err returns context.Canceled once the task was asked to stop.
func (c *taskContext) Err() error {
	if c.ended.Load() {
		return context.Canceled
	}
	return nil
}

// Value leads to the task, to its loop, and to the values of the base.
func (c *taskContext) Value(key any) any {
	switch key {
	case whose.Key:
		return c.t
	case any(loopKey{}):
		return c.t.l
	case any(ownKey{}):
		return c
	}
	return c.real().Value(key)
}

// A scopeContext is the context of a scope's body.
type scopeContext struct {
	lazyContext
	t      *task
	s      *scope
	parent context.Context // what the scope was entered with
	level  context.Context // the part of parent that ends without a request; see task.Level
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

func (c *scopeContext) host() *task            { return c.t }
func (c *scopeContext) below() context.Context { return c.level }
func (c *scopeContext) frame() *scope          { return c.s }

func (c *scopeContext) whyDone() error {
	switch {
	case c.s.told != nil:
		return future.Canceled(c.s.told)
	case c.parent.Err() != nil:
		return c.t.errorOf(c.parent)
	}
	return future.Canceled(c.reason())
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
	case any(ownKey{}):
		return c
	}
	c.mu.Lock()
	inner := c.inner
	c.mu.Unlock()
	if inner == nil && !c.ended.Load() {
		// The standard library looks for its own contexts by a key, too. As
		// long as this one has not ended and its channel is not made, the
		// parent's answer is the right one.
		return c.parent.Value(key)
	}
	return c.real().Value(key)
}

// Context returns a context that carries the loop, for CreateTask and
// RunInExecutor outside any task.
func (l *Loop) Context() context.Context { return WithLoop(context.Background(), l) }

// WithLoop returns a context with the values, deadline and cancellation of ctx
// that carries l.
func WithLoop(ctx context.Context, l *Loop) context.Context {
	return context.WithValue(ctx, loopKey{}, l)
}

type loopKey struct{}

// Current is [FromContext] for code that is certain to have a loop, as a task is. It
// panics if there is none.
func Current(ctx context.Context) *Loop {
	l, err := FromContext(ctx)
	if err != nil {
		panic(fmt.Errorf("loop: Current: %w", err))
	}
	return l
}

// FromContext returns the loop that ctx carries: in a task, the loop that runs
// it. It returns [ErrNoLoop] if there is none. It stands for
// asyncio.get_running_loop.
func FromContext(ctx context.Context) (*Loop, error) {
	if c, ok := ctx.(*taskContext); ok {
		return c.t.l, nil // as Value would say
	}
	if ctx != nil {
		if l, ok := ctx.Value(loopKey{}).(*Loop); ok {
			return l, nil
		}
	}
	if h := whose.Current(ctx); h != nil {
		return h.Home().(*Loop), nil
	}
	return nil, ErrNoLoop
}
