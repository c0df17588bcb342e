package future

import (
	"context"
	"runtime"

	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// wait blocks or suspends the caller until the future is settled, and returns
// nil then. See Await for the three cases.
func (c *core) wait(ctx context.Context) error {
	h := whose.Current(ctx)
	if h == nil {
		return c.waitGoroutine(ctx)
	}
	if c.home != nil && any(c.home) != h.Home() {
		return ErrForeignLoop
	}
	if !h.CanPark() {
		return ErrWouldBlock
	}
	return c.waitHost(ctx, h)
}

// waitGoroutine is wait for a goroutine that no loop owns. It gives way once before it
// sleeps: what settles the future mostly is a goroutine that needs the CPU for a moment,
// such as the worker of a pool, and two goroutines that give way to each other cost
// half as much as two that wake each other, and need no channel. See BenchmarkRoundTrip
// of package executor.
func (c *core) waitGoroutine(ctx context.Context) error {
	runtime.Gosched()
	if c.settled() {
		return nil
	}
	done := c.doneChan()
	select {
	case <-done:
		return nil
	default: // a done future counts even if ctx has ended
	}
	if w := whose.Waiting(); w != nil {
		defer w.Resumed()
	}
	if ctx == nil {
		<-done
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *core) waitHost(ctx context.Context, h whose.Host) error {
	if c.isOwn(h) {
		return ErrAwaitsItself
	}
	level, err := h.Admit(ctx)
	if err != nil {
		return err
	}
	ticket := h.Prepare()
	if !c.add(callback{to: h, ticket: ticket}) {
		return nil
	}
	if level != nil {
		stop := context.AfterFunc(level, func() { h.Unpark(ticket) })
		defer stop()
	}
	// Deferred because a task that is unwound leaves Park by runtime.Goexit, and a
	// free future may live on after the task and its loop.
	parked := true
	defer func() {
		if parked {
			c.removeHost(h, ticket)
		}
	}()
	err = h.Park(ctx, ticket, c)
	parked = false
	if c.settled() {
		if err != nil && c.load() == StateCanceled {
			// Two cancellations met in one wait: the task's own and that
			// of what it waited for. They are told as one, and the one that
			// ended the wait is the one that is told.
			return nil
		}
		return err
	}
	if err == nil {
		err = contextError(level) // what else could have ended the wait
	}
	c.removeHost(h, ticket)
	return err
}

// CancelCause lets a suspended task hand its own cancellation to the future that
// it awaits. It makes core a whose.Target.
func (c *core) CancelCause(cause error) bool { return c.cancel(cause) }

// ender is a Canceler whose future can be on its way to its end.
type ender interface{ ending() bool }

// Ending makes core a whose.Ender; see [Future.Ending].
func (c *core) Ending() bool {
	e, ok := c.canceler.(ender)
	return c.settled() || ok && e.ending()
}

func init() { bridge.Owners = owners }

// A combiner is the Canceler of a future that ends when others do.
type combiner interface{ parts() []*core }

// owners implements bridge.Owners. Combinations of futures cannot be circular: each
// is made from futures that exist already.
func owners(target any, yield func(whose.Host)) {
	var c *core
	switch t := target.(type) {
	case *core:
		c = t
	case *limited:
		c = t.core
	case Waitable:
		c = t.base()
	default:
		return
	}
	switch by := c.canceler.(type) {
	case whose.Host:
		yield(by)
	case combiner:
		for _, part := range by.parts() {
			if !part.settled() {
				owners(part, yield)
			}
		}
	}
}
