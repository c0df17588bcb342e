package syncs

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
	"github.com/seed-1b9fde7b/asyncgo/loop/internal/waitlist"
)

// A Lock is held by one at a time. Those that wait get it in the order in which they
// asked. The zero value is free and ready to use; it must not be copied after its
// first use.
//
// It has no owner: what one task acquired, another task, a goroutine or a callback
// may release. It is not re-entrant: a task that holds it and acquires it again waits
// for itself. It stands for asyncio.Lock.
type Lock struct {
	mu      sync.Mutex // guards what follows
	locked  bool
	waiters waitlist.List

	// forfeits are the goroutines of tasks that were unwound inside
	// Condition.Wait, when they did not hold the lock: the deferred Release
	// that each of them then comes to must not take it from its holder.
	forfeits map[int64]struct{}
}

// Acquire waits until the lock is free and none waits in front, and takes it.
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine;
// if the lock can be had at once it does neither, and does not look at ctx. If the
// task is canceled while it waits, or ctx ends, Acquire returns that without the
// lock, and a wake-up that was on its way goes to the next. In a bare callback it
// returns [ErrWouldBlock] instead of waiting.
//
// It stands for Lock.acquire.
func (l *Lock) Acquire(ctx context.Context) error {
	if l.TryAcquire() {
		return nil
	}
	w, err := waitlist.New(ctx, &l.mu, "Lock.Acquire")
	if err != nil {
		return err
	}
	return l.wait(ctx, w)
}

// TryAcquire takes the lock if that is possible without waiting and without
// overtaking any other, and reports whether it did. Any goroutine and callback may
// call it.
func (l *Lock) TryAcquire() bool {
	l.mu.Lock()
	ok := l.takeLocked()
	l.mu.Unlock()
	return ok
}

func (l *Lock) takeLocked() bool {
	if l.locked || l.waiters.Live() {
		return false
	}
	l.locked = true
	return true
}

func (l *Lock) wait(ctx context.Context, w *waitlist.Waiter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.takeLocked() {
		w.Drop()
		return nil
	}
	w.Join(&l.waiters)
	if err := w.Wait(ctx, (*lockWaits)(l)); err != nil {
		return err
	}
	l.locked = true
	return nil
}

// acquireStubbornly takes the lock whatever becomes of ctx and however often the
// task is canceled. It returns the last of the cancellations.
func (l *Lock) acquireStubbornly(ctx context.Context) error {
	var canceled error
	for !l.TryAcquire() {
		w, err := waitlist.NewStubborn(ctx, &l.mu, "Condition.Wait, for the lock")
		if err == nil {
			err = l.wait(ctx, w)
		}
		if err == nil {
			break
		}
		canceled = err
	}
	return canceled
}

// Release frees the lock and wakes the one that has waited longest. The lock stays
// reserved for that one until it runs. If the lock is free, a second time for
// instance, it returns [ErrNotLocked]. Any task, goroutine or callback may call it; it
// never blocks. It stands for Lock.release.
func (l *Lock) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.forfeits != nil && l.forfeited() {
		return nil
	}
	if !l.locked {
		return ErrNotLocked
	}
	l.locked = false
	l.waiters.WakeHead()
	return nil
}

// Locked reports whether the lock is held. It stands for Lock.locked.
func (l *Lock) Locked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.locked
}

// With calls fn while it holds the lock, and releases it even if fn panics; see the
// function [With]. While the lock is held it waits as [Lock.Acquire] does: if ctx ends
// it returns ctx's error without the lock, and in a bare callback [ErrWouldBlock].
// Inside fn another With waits for this one, and so for itself. It stands for async
// with lock.
func (l *Lock) With(ctx context.Context, fn func() error) error { return With(ctx, l, fn) }

// String describes the lock for logs.
func (l *Lock) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return "<Lock [" + l.describe() + "]>"
}

func (l *Lock) describe() string {
	if l.locked {
		return "locked" + waitersOf(&l.waiters)
	}
	return "unlocked" + waitersOf(&l.waiters)
}

func waitersOf(l *waitlist.List) string {
	if l.Len() == 0 {
		return ""
	}
	return fmt.Sprintf(", waiters:%d", l.Len())
}

// lockWaits keeps GaveUp out of Lock's methods.
type lockWaits Lock

// GaveUp keeps the promise that a free lock which is waited for is on its way to
// a waiter.
func (l *lockWaits) GaveUp(*waitlist.List, bool) {
	if !l.locked {
		l.waiters.WakeHead()
	}
}

// forfeit notes that the calling goroutine is being unwound without the lock that
// its deferred functions believe it holds.
func (l *Lock) forfeit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.forfeits == nil {
		l.forfeits = map[int64]struct{}{}
	}
	l.forfeits[whose.ID()] = struct{}{}
}

func (l *Lock) forfeited() bool {
	id := whose.ID()
	_, ok := l.forfeits[id]
	if ok {
		delete(l.forfeits, id)
	}
	if len(l.forfeits) == 0 {
		l.forfeits = nil
	}
	return ok
}

// A Locker is what can be held while a function runs: a [Lock], a [Semaphore], a
// [BoundedSemaphore] or a [Condition].
type Locker interface {
	// Acquire waits for the lock. If ctx ends first it returns ctx's error, in
	// a bare callback it returns [ErrWouldBlock] instead of waiting. What a
	// second call does is up to the lock: it waits, or takes another permit.
	Acquire(ctx context.Context) error
	// Release gives it back, and never blocks; a callback may call it. What a
	// second call does is up to the lock.
	Release() error
}

// With acquires l, calls fn and releases l, also if fn panics. It returns the error of
// Acquire without calling fn, or else that of Release, or else the error of fn. The
// error of Acquire is ctx's if ctx ends first, and [ErrWouldBlock] where a bare
// callback would have to wait. Release fails if fn has released l itself: what fn
// returned is in the text of that error then, as a mistake of the program must not be
// taken for it. Inside fn another With of the same lock waits for this one, and so for
// itself. It stands for async with.
func With(ctx context.Context, l Locker, fn func() error) (err error) {
	if err := l.Acquire(ctx); err != nil {
		return err
	}
	defer func() {
		switch released := l.Release(); {
		case released == nil:
		case err == nil:
			err = released
		default:
			err = fmt.Errorf("%w, and the function that held it returned: %v", released, err) //nolint:errorlint // see above
		}
	}()
	return fn()
}
