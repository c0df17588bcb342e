package syncs

import (
	"context"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/loop/internal/waitlist"
)

// A Condition is a lock with a place to wait until one that held it says that
// things have changed. The zero value has a lock of its own and is ready to use;
// [NewCondition] makes one over a lock that others use too. A condition must not
// be copied after its first use. It stands for asyncio.Condition.
type Condition struct {
	shared *Lock // nil means own
	own    Lock

	mu      sync.Mutex // guards waiters
	waiters waitlist.List
}

// NewCondition returns a condition over lock, or over a lock of its own if lock is
// nil. Several conditions may share one lock.
func NewCondition(lock *Lock) *Condition { return &Condition{shared: lock} }

func (c *Condition) lock() *Lock {
	if c.shared != nil {
		return c.shared
	}
	return &c.own
}

// Acquire takes the lock, and waits for it as [Lock.Acquire] does; a second call waits
// for the Release of the first. If ctx ends it returns ctx's error without the lock,
// and in a bare callback [ErrWouldBlock] instead of waiting.
func (c *Condition) Acquire(ctx context.Context) error { return c.lock().Acquire(ctx) }

// TryAcquire takes the lock if that needs no waiting, and reports whether it did: a
// second call reports false. Any goroutine and callback may call it; see
// [Lock.TryAcquire].
func (c *Condition) TryAcquire() bool { return c.lock().TryAcquire() }

// Release frees the lock; see [Lock.Release]. If the lock is free, a second time for
// instance, it returns [ErrNotLocked]. Any task, goroutine or callback may call it; it
// never blocks.
func (c *Condition) Release() error { return c.lock().Release() }

// Locked reports whether the lock is held.
func (c *Condition) Locked() bool { return c.lock().Locked() }

// With calls fn while it holds the lock, and releases it even if fn panics; see the
// function [With]. While the lock is held it waits as [Lock.Acquire] does: if ctx ends
// it returns ctx's error without the lock, and in a bare callback [ErrWouldBlock].
// Inside fn another With waits for this one, and so for itself. It stands for async
// with condition.
func (c *Condition) With(ctx context.Context, fn func() error) error { return With(ctx, c, fn) }

// Wait releases the lock, waits until it is notified, and acquires the lock again.
// It may also return without having been notified: look at what you wait for
// again, as [Condition.WaitFor] does. If the lock is free it returns
// [ErrNotLocked].
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine. If
// the task is canceled meanwhile, or ctx ends, Wait returns that, and a
// notification that was on its way goes to another waiter. In any case the caller
// holds the lock when Wait returns: to get it back Wait waits as long as it takes,
// whatever happens to ctx, and however often the task is canceled; of
// several cancellations it returns the last. In a bare callback it returns
// [ErrWouldBlock] without having released the lock.
//
// If the loop of a waiting task closes, the task is unwound from here without the
// lock, and its deferred Release does nothing.
//
// It stands for Condition.wait.
func (c *Condition) Wait(ctx context.Context) error {
	if !c.Locked() {
		return ErrNotLocked
	}
	w, err := waitlist.New(ctx, &c.mu, "Condition.Wait")
	if err != nil {
		return err
	}
	unwound := true
	defer func() {
		if unwound {
			c.lock().forfeit()
			c.wake(1)
		}
	}()
	released, err := c.park(ctx, w)
	if released {
		if canceled := c.lock().acquireStubbornly(ctx); canceled != nil {
			err = canceled
		}
	}
	unwound = false
	if err != nil {
		// The waiter may have been notified before: another must hear
		// of it. One wake-up too many is allowed, one too few is not.
		c.wake(1)
	}
	return err
}

// park releases the lock and waits for a notification. The waiter stands in the
// list before the lock is free, so that no notification can be missed.
func (c *Condition) park(ctx context.Context, w *waitlist.Waiter) (released bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Join(&c.waiters)
	if err := c.lock().Release(); err != nil {
		w.Leave()
		w.Drop()
		return false, err
	}
	return true, w.Wait(ctx, (*conditionWaits)(c))
}

// WaitFor waits until ready returns true, as often as it takes. ready is called with
// the lock held, at once and after each notification; while it is true from the start
// WaitFor needs no lock and does not wait. The rest is as in [Condition.Wait]: if ctx
// ends it returns ctx's error, with the lock, and where a bare callback would have to
// wait [ErrWouldBlock]. It stands for Condition.wait_for; a value that the predicate
// found is best left in a variable of the caller.
func (c *Condition) WaitFor(ctx context.Context, ready func() bool) error {
	for !ready() {
		if err := c.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Notify wakes the n that have waited longest, or as many as there are. They go on one
// after the other when the lock, which the caller holds and must still release, is
// free. Without waiters it does nothing: it is not kept for later ones. If the lock is
// free it returns [ErrNotLocked]. Another call wakes others. It never blocks; a
// callback may call it as well. It stands for Condition.notify, whose default is 1.
func (c *Condition) Notify(n int) error {
	if !c.Locked() {
		return ErrNotLocked
	}
	c.wake(n)
	return nil
}

// NotifyAll is [Condition.Notify] for all that wait; a later call wakes those that
// came after it. It never blocks; a callback may call it as well. It stands for
// Condition.notify_all.
func (c *Condition) NotifyAll() error {
	if !c.Locked() {
		return ErrNotLocked
	}
	c.wakeAll()
	return nil
}

func (c *Condition) wakeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiters.WakeAll()
}

func (c *Condition) wake(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiters.WakeN(n)
}

// String describes the condition for logs.
func (c *Condition) String() string {
	state := "unlocked"
	if c.Locked() {
		state = "locked"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return "<Condition [" + state + waitersOf(&c.waiters) + "]>"
}

// conditionWaits keeps GaveUp out of Condition's methods.
type conditionWaits Condition

// GaveUp leaves it to [Condition.Wait] to pass a notification on, when it has the
// lock again, as asyncio does.
func (*conditionWaits) GaveUp(*waitlist.List, bool) {}
