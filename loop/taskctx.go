package loop

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A taskContext is the context of a task's body. It is part of the task, and
// most tasks never need more of it than the two values that lead to the task and
// to its loop. Only when somebody asks for the rest is a context of the standard
// library made behind it, so that contexts derived from it start no goroutine and
// context.Cause works.
type taskContext struct {
	t     *task
	base  context.Context // values and deadline; the task's creator gave it
	ended atomic.Bool

	mu     sync.Mutex // guards what follows
	inner  context.Context
	cancel context.CancelCauseFunc
	cause  error

	unwatch func() bool // ends the watch over base; the loop's
}

func (c *taskContext) init(t *task, base context.Context) {
	c.t = t
	// A task's context stands for what it was made from: a chain of tasks,
	// each the creator of the next, must not keep all of them in memory.
	if creator, ok := base.(*taskContext); ok {
		c.base = creator.base
		return
	}
	c.base = base
	if base.Done() == nil {
		return
	}
	if h, ok := base.Value(whose.Key).(*task); ok && !h.Derived(base) {
		return
	}
	c.unwatch = context.AfterFunc(base, func() {
		t.CancelRequested(0, context.Cause(base))
	})
}

// end makes the context done. Only the first cause counts.
func (c *taskContext) end(cause error) {
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

// release ends the watch over the base when the task is done. The context itself
// is not ended: work that the task handed elsewhere and did not wait for goes on,
// as in asyncio.
func (c *taskContext) release() {
	if c.unwatch != nil {
		c.unwatch()
		c.unwatch = nil
	}
}

func (c *taskContext) real() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		c.inner, c.cancel = context.WithCancelCause(context.WithoutCancel(c.base))
		if c.ended.Load() {
			c.cancel(c.cause)
		}
	}
	return c.inner
}

// Deadline returns the deadline of the context that the task was created with.
func (c *taskContext) Deadline() (time.Time, bool) { return c.base.Deadline() }

// Done returns a channel that is closed when the task was asked to stop.
func (c *taskContext) Done() <-chan struct{} { return c.real().Done() }

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
	}
	return c.real().Value(key)
}
