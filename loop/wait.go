package loop

import (
	"context"
	"errors"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// This file is how a task waits: its methods make it a whose.Host. The rule of
// every wait is that of its context: while that is done the wait fails, each time.
// A context that is not done fails no wait, whatever becomes of the task. The one
// exception is in told.

// Owns reports whether the calling goroutine runs the body of t. Whether it is lent is
// looked at on that goroutine only.
func (t *task) Owns() bool { return t.gid.Load() == whose.ID() && !t.lent }

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

// yield is a wait that is over before it begins: a turn for all others. It does
// what Prepare, Unpark and Park do, with half the atomic operations.
func (t *task) yield(ctx context.Context) error {
	ticket := t.park.Load()&^1 + 2
	t.park.Store(ticket | 1)
	if t.l.inbox.n.Load() != 0 {
		t.l.drain()
	}
	t.l.ready.push(entry{t: t})
	return t.Park(ctx, ticket, nil)
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

// Admit begins a wait with ctx; see whose.Host.
func (t *task) Admit(ctx context.Context) (level context.Context, err error) {
	if c, ok := ctx.(*taskContext); ok && c == &t.ctx && !c.ended.Load() {
		return nil, nil // nearly always
	}
	if ctx == nil || ctx.Err() == nil {
		return t.Level(ctx), nil
	}
	if t.mustCancel && t.told(ctx, t.reach) {
		return nil, nil // Park tells, at asyncio's time
	}
	_ = t.yield(context.Background())
	err = t.errorOf(ctx)
	t.noteTold()
	return nil, err
}

// errorOf returns why ctx, which is done, is.
func (t *task) errorOf(ctx context.Context) error {
	if own := t.own(ctx); own != nil && own.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return own.whyDone()
	}
	return bridge.ContextError(ctx)
}

// told reports whether a wait with ctx is told of a request that a scope of this
// depth makes, zero being the task itself. It is if the request, or one before it,
// has made ctx done. It is also where ctx is not, but is there by mistake rather than
// to keep the request out: if it is the task's and from around the scope, or if it is
// another task's. The body would otherwise never notice that its time is over, and in
// asyncio it would.
func (t *task) told(ctx context.Context, reach int) bool {
	if ctx == nil {
		return false
	}
	if ctx.Err() != nil {
		return true
	}
	own, ok := ctx.Value(ownKey{}).(ownContext)
	switch {
	case !ok:
		return false
	case own.host() != t:
		return ctx.Done() != nil
	case reach == 0 || ctx.Done() == nil || t.Level(ctx) != nil:
		return false
	}
	in := own.frame()
	return in == nil || in.depth < reach || t.told(in.ctx.parent, reach)
}

// Park suspends the task; see whose.Host.
func (t *task) Park(ctx context.Context, ticket uint64, on whose.Target) error {
	if t.mustCancel && t.told(ctx, t.reach) {
		switch {
		case on != nil && on.CancelCause(t.cause):
			t.mustCancel = false
		case isEnding(on): // told when it ends
		case t.end(ticket):
			t.mustCancel, t.interrupted = false, true
		}
	}
	t.target, t.waitCtx, t.parked = on, ctx, true
	if !t.l.turnInPlace(t) {
		t.co.Suspend()
	}
	t.target, t.waitCtx, t.parked = nil, nil, false
	if t.interrupted || t.mustCancel && t.told(ctx, t.reach) {
		t.mustCancel, t.interrupted = false, false
		t.noteTold()
		return future.Canceled(t.cause)
	}
	return nil
}

// Level returns the part of ctx whose end comes without a request to the task: a
// context that the user derived with a cancellation of its own, or that of another
// task. It is nil for the task's own contexts, and for those that add only values to
// them or can never end. It is safe from any goroutine.
func (t *task) Level(ctx context.Context) context.Context {
	switch c := ctx.(type) {
	case nil:
		return nil
	case ownContext:
		if c.host() == t {
			return c.below()
		}
	}
	done := ctx.Done()
	if done == nil {
		return nil
	}
	if own := t.own(ctx); own != nil && own.made(done) {
		return own.below()
	}
	return ctx
}

// Count counts a request that a wait makes, or takes it back; see whose.Counter.
func (t *task) Count(requests int) { t.requests.Add(int32(requests)) }

// Recancel puts a cancellation back for the next wait.
func (t *task) Recancel(cause error) { t.mustCancel, t.cause = true, cause }
