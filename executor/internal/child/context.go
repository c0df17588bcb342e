package child

import (
	"context"
	"sync"
	"time"
)

// A callContext is the context of a call in a worker process. Besides what the
// worker's own context knows, it tells where the reports of the call go. It is one
// allocation, like [jobCtx] in the process of the submitter: a real context is
// made when somebody asks for what only a real one can give.
type callContext struct {
	worker   context.Context // of the worker: it never ends
	reporter Reporter

	mu     sync.Mutex
	real   context.Context // nil until somebody needs it
	cancel context.CancelCauseFunc
	cause  error // why the context has ended, nil if it has not
}

func newCallContext(s *server, id uint64) *callContext {
	return &callContext{worker: s.base, reporter: Reporter{server: s, id: id}}
}

// setDeadline must be called before anybody else sees the context.
func (c *callContext) setDeadline(d time.Time) {
	real, cancel := context.WithCancelCause(callValues{c})
	timed, stop := context.WithDeadline(real, d)
	c.real, c.cancel = timed, func(cause error) { cancel(cause); stop() }
}

// end ends the context; only the first cause counts.
func (c *callContext) end(cause error) {
	c.mu.Lock()
	if c.cause == nil {
		c.cause = cause
	}
	cancel := c.cancel
	c.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
}

func (c *callContext) realContext() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real == nil {
		c.real, c.cancel = context.WithCancelCause(callValues{c})
		if c.cause != nil {
			c.cancel(c.cause)
		}
	}
	return c.real
}

// known returns the real context if it is needed to tell the truth.
func (c *callContext) known() context.Context {
	c.mu.Lock()
	needed := c.real != nil || c.cause != nil
	c.mu.Unlock()
	if needed {
		return c.realContext()
	}
	return nil
}

func (c *callContext) Done() <-chan struct{} { return c.realContext().Done() }

func (c *callContext) Deadline() (time.Time, bool) {
	if real := c.known(); real != nil {
		return real.Deadline()
	}
	return time.Time{}, false
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
	if real := c.known(); real != nil {
		return real.Value(key)
	}
	return callValues{c}.Value(key)
}

// callValues are the values of a call's context: the parent of the real one.
type callValues struct{ *callContext }

func (callValues) Done() <-chan struct{}       { return nil }
func (callValues) Deadline() (time.Time, bool) { return time.Time{}, false }
func (callValues) Err() error                  { return nil }

func (v callValues) Value(key any) any {
	if key == v.reporter.server.program.ProgressKey {
		return &v.reporter
	}
	return v.worker.Value(key)
}
