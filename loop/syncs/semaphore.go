package syncs

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/loop/internal/waitlist"
)

// A Semaphore hands out permits. Those that wait get one in the order in which they
// asked, and a newcomer never overtakes them. The zero value has no permit and is
// ready to use; a semaphore must not be copied after its first use. It stands for
// asyncio.Semaphore.
type Semaphore struct{ permits }

// NewSemaphore returns a semaphore with so many permits. Python's default is 1. It
// panics with an error that wraps [ErrNegative] for less than none.
func NewSemaphore(value int) *Semaphore {
	s := new(Semaphore)
	s.start(value)
	return s
}

// Acquire waits until there is a permit and none waits in front, and takes it.
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine;
// if a permit can be had at once it does neither, and does not look at ctx. If the
// task is canceled while it waits, or ctx ends, Acquire returns that without a
// permit, and one that was on its way goes to the next. In a bare callback it
// returns [ErrWouldBlock] instead of waiting.
//
// It stands for Semaphore.acquire.
func (s *Semaphore) Acquire(ctx context.Context) error { return s.acquire(ctx) }

// TryAcquire takes a permit if that is possible without waiting and without
// overtaking any other, and reports whether it did. Any goroutine and callback may
// call it.
func (s *Semaphore) TryAcquire() bool { return s.tryAcquire() }

// Release gives a permit back, or adds one, another with each call, and hands it to
// the one that has waited longest. It never fails and never blocks; any task,
// goroutine or callback may call it. It stands for Semaphore.release.
func (s *Semaphore) Release() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.releaseLocked()
	return nil
}

// Locked reports whether Acquire would have to wait: there is no permit, or
// another one is in front. It stands for Semaphore.locked.
func (s *Semaphore) Locked() bool { return s.isLocked() }

// With calls fn while it holds a permit, and gives it back even if fn panics; see the
// function [With]. Until it has one it waits as [Semaphore.Acquire] does: if ctx ends
// it returns ctx's error without a permit, and in a bare callback [ErrWouldBlock].
// Inside fn another With takes another permit. It stands for async with semaphore.
func (s *Semaphore) With(ctx context.Context, fn func() error) error { return With(ctx, s, fn) }

// String describes the semaphore for logs.
func (s *Semaphore) String() string { return s.describe("Semaphore") }

// A BoundedSemaphore is a [Semaphore] that refuses to have more permits than it
// started with: a release too many is a mistake that it reports. Make it with
// [NewBoundedSemaphore]; the zero value has no permit and takes none. It stands
// for asyncio.BoundedSemaphore.
type BoundedSemaphore struct {
	permits
	bound int
}

// NewBoundedSemaphore returns a semaphore with so many permits. Python's default is
// one. It panics with an error that wraps [ErrNegative] for less than none.
func NewBoundedSemaphore(value int) *BoundedSemaphore {
	s := &BoundedSemaphore{bound: value}
	s.start(value)
	return s
}

// Acquire takes a permit, another one with each call, and waits for it as
// [Semaphore.Acquire] does: if ctx ends it returns ctx's error without a permit, and
// in a bare callback [ErrWouldBlock] instead of waiting. It stands for
// BoundedSemaphore.acquire.
func (s *BoundedSemaphore) Acquire(ctx context.Context) error { return s.acquire(ctx) }

// TryAcquire takes a permit, another one with each call, if that is possible without
// waiting and without overtaking any other, and reports whether it did. Any goroutine
// and callback may call it.
func (s *BoundedSemaphore) TryAcquire() bool { return s.tryAcquire() }

// Release gives a permit back and hands it to the one that has waited longest. If all
// are there, after a second release for instance, it changes nothing and returns
// [ErrReleasedTooOften]. It never blocks; any task, goroutine or callback may call it.
// It stands for BoundedSemaphore.release.
func (s *BoundedSemaphore) Release() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.value >= s.bound {
		return ErrReleasedTooOften
	}
	s.releaseLocked()
	return nil
}

// Locked reports whether Acquire would have to wait; see [Semaphore.Locked].
func (s *BoundedSemaphore) Locked() bool { return s.isLocked() }

// With calls fn while it holds a permit, and gives it back even if fn panics; see the
// function [With]. Until it has one it waits as [Semaphore.Acquire] does: if ctx ends
// it returns ctx's error without a permit, and in a bare callback [ErrWouldBlock].
// Inside fn another With takes another permit. It stands for async with semaphore.
func (s *BoundedSemaphore) With(ctx context.Context, fn func() error) error { return With(ctx, s, fn) }

// String describes the semaphore for logs.
func (s *BoundedSemaphore) String() string { return s.describe("BoundedSemaphore") }

// permits is what the two kinds share.
type permits struct {
	mu      sync.Mutex // guards what follows
	value   int        // permits that are neither taken nor on their way to a waiter
	waiters waitlist.List
}

func (p *permits) start(value int) {
	if value < 0 {
		panic(fmt.Errorf("%w: got %d", ErrNegative, value))
	}
	p.value = value
}

func (p *permits) lockedLocked() bool { return p.value == 0 || p.waiters.Live() }

func (p *permits) isLocked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lockedLocked()
}

func (p *permits) tryAcquire() bool {
	p.mu.Lock()
	ok := p.takeLocked()
	p.mu.Unlock()
	return ok
}

func (p *permits) takeLocked() bool {
	if p.lockedLocked() {
		return false
	}
	p.value--
	return true
}

func (p *permits) acquire(ctx context.Context) error {
	if p.tryAcquire() {
		return nil
	}
	w, err := waitlist.New(ctx, &p.mu, "Semaphore.Acquire")
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.takeLocked() {
		w.Drop()
		return nil
	}
	w.Join(&p.waiters)
	if err := w.Wait(ctx, (*permitWaits)(p)); err != nil {
		return err
	}
	p.handOut()
	return nil
}

// releaseLocked adds a permit, and gives one to the first that waits.
func (p *permits) releaseLocked() {
	p.value++
	if p.waiters.WakeNext() {
		p.value--
	}
}

// handOut gives what there is to those that wait. A waiter that runs does it,
// because others may have queued up behind it while there were permits.
func (p *permits) handOut() {
	p.value -= p.waiters.WakeN(p.value)
}

// permitWaits keeps GaveUp out of the methods of semaphores.
type permitWaits permits

// GaveUp takes back the permit with which the waiter was woken.
func (p *permitWaits) GaveUp(_ *waitlist.List, wasWoken bool) {
	if wasWoken {
		p.value++
	}
	(*permits)(p).handOut()
}

func (p *permits) describe(kind string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	state := "locked"
	if !p.lockedLocked() {
		state = fmt.Sprintf("unlocked, value:%d", p.value)
	}
	return "<" + kind + " [" + state + waitersOf(&p.waiters) + "]>"
}
