package future

import (
	"context"

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

func (c *core) waitGoroutine(ctx context.Context) error {
	done := c.doneChan()
	select {
	case <-done:
		return nil
	default:
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
	derived := ctx != nil && h.Derived(ctx)
	if derived && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ticket := h.Prepare()
	if !c.add(callback{host: h, ticket: ticket}) {
		return nil
	}
	if derived {
		stop := context.AfterFunc(ctx, func() { h.Unpark(ticket) })
		defer stop()
	}
	err := h.Park(ticket, c)
	if err == nil && !c.settled() {
		err = context.Cause(ctx) // what else could have ended the wait
	}
	if err != nil && !c.settled() {
		c.removeHost(h, ticket)
	}
	return err
}

// CancelCause lets a suspended task hand its own cancellation to the future that
// it awaits. It makes core a whose.Target.
func (c *core) CancelCause(cause error) bool { return c.cancel(cause) }
