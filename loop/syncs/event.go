package syncs

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/loop/internal/waitlist"
)

// An Event is a flag that can be waited for. The zero value is not set and ready
// to use; it must not be copied after its first use. It stands for asyncio.Event.
type Event struct {
	set atomic.Bool // written with mu held

	mu      sync.Mutex // guards waiters
	waiters waitlist.List
}

// Set sets the flag and wakes all that wait, in the order in which they
// came; they have waited with success even if [Event.Clear] follows at once.
// Setting a set flag does nothing. Any task, goroutine or callback may call it; it
// never blocks. It stands for Event.set.
func (e *Event) Set() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.set.Swap(true) {
		e.waiters.WakeAll()
	}
}

// Clear takes the flag back: a Wait from now on waits for the next Set. Clearing it
// twice does nothing more. Any task, goroutine or callback may call it; it never
// blocks. It stands for Event.clear.
func (e *Event) Clear() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.set.Store(false)
}

// IsSet reports whether the flag is set. It stands for Event.is_set.
func (e *Event) IsSet() bool { return e.set.Load() }

// Wait waits until the flag is set. If it is set already, Wait returns at once
// and does not look at ctx.
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine. If
// the task is canceled meanwhile, or ctx ends, it returns that. In a bare callback
// it returns [ErrWouldBlock] instead of waiting. It stands for Event.wait.
func (e *Event) Wait(ctx context.Context) error {
	if e.set.Load() {
		return nil
	}
	w, err := waitlist.New(ctx, &e.mu, "Event.Wait")
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.set.Load() {
		w.Drop()
		return nil
	}
	w.Join(&e.waiters)
	return w.Wait(ctx, (*eventWaits)(e))
}

// String describes the event for logs.
func (e *Event) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	state := "unset"
	if e.set.Load() {
		state = "set"
	}
	return "<Event [" + state + waitersOf(&e.waiters) + "]>"
}

type eventWaits Event

// GaveUp has nothing to pass on: Set woke all.
func (*eventWaits) GaveUp(*waitlist.List, bool) {}
