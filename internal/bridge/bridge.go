// Package bridge is what packages future and loop know of each other beyond their
// public methods. Neither can import the other's insides, and future must not import
// loop at all, so each sets here what the other calls.
package bridge

import (
	"context"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// Owners calls yield with each host whose outcome must be there before target, a
// future or what a host is parked on, is. Package future sets it.
var Owners = func(target any, yield func(owner whose.Host)) {}

// ContextError returns what a task's wait returns whose context has ended: an error that
// is a cancellation or a deadline and in which errors.Is finds the context's cause.
// Package future sets it.
var ContextError = func(ctx context.Context) error { return ctx.Err() }

// A Loop is a future's home, as far as it is more than a future.Poster.
type Loop interface {
	// CallLater runs fn on the loop once d has passed, unless cancel was called
	// before, so that the limits of waits fire in one order with all other
	// timers of that loop. On a closed loop fn never runs.
	CallLater(d time.Duration, fn func()) (cancel func())

	// NoteUnseen is called when a future fails. The error may still be looked
	// at; [Unseen.Take] tells.
	NoteUnseen(u *Unseen)

	// ReportUnseen is called when the failed future has become unreachable,
	// from a goroutine of the runtime: nothing can look at its error any more.
	ReportUnseen(u *Unseen)

	// Turn returns the number of the loop's turn, and of the first since the loop
	// last had to wait. It is for code on the loop: the tests that compare turns
	// with asyncio's ask for it.
	Turn() (now, first uint64)
}

// LoopOf returns the loop behind home, nil if there is none. Package loop sets it
// for its own; anything else is a Loop if it has the methods.
var LoopOf = func(home any) Loop {
	l, _ := home.(Loop)
	return l
}

// AtClose has fn called when the loop home closes, after its tasks were unwound; fn must
// not block. forget takes that back. It reports false, and fn is not called, if the
// loop is closed already. Package loop sets it.
var AtClose func(home any, fn func()) (forget func(), ok bool)
