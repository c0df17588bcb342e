package shm

import (
	"context"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A waiter looks at the word again after a pause that doubles each time, from
// firstPause to lastPause turns of an empty loop, and sleeps then: after some
// microseconds, about what a sleep and a wake-up cost. A thread that looks all the time slows
// down the holder, from whose cache it takes the word with each look: four processes
// that add to one value take twice as long. On one processor looking is futile,
// because the holder cannot run meanwhile.
const firstPause = 128

var lastPause = func() int {
	if runtime.NumCPU() == 1 {
		return 0
	}
	return 8192
}()

// spin takes the lock if it is free or soon becomes free.
func (l *Lock) spin() (bool, error) {
	for pause := firstPause; ; pause *= 2 {
		if ok, err := l.attempt(0); ok || err != nil || pause > lastPause {
			return ok, err
		}
		for range pause {
		}
	}
}

// TryLock takes the lock if it is free. It never blocks. The error is about the
// process (too many locks), never about the lock.
func (l *Lock) TryLock() (bool, error) { return l.attempt(0) }

// attempt takes the lock if it is free. A goroutine that slept passes waitersBit,
// because it cannot know whether it was the only sleeper.
func (l *Lock) attempt(bit uint32) (bool, error) {
	w := l.word.Load()
	if w&ownerMask != 0 {
		return false, nil
	}
	robust.mu.Lock()
	if robust.count >= maxHeld && !l.internal {
		if disown(); robust.count >= maxHeld {
			robust.mu.Unlock()
			return false, errTooManyHeld
		}
	}
	// Killed between here and the last line, the process still loses the
	// lock: the kernel looks at the pending link in addition to the list.
	robust.head.pending = uintptr(unsafe.Pointer(l.link))
	at(StepLockPending)
	ok := l.word.CompareAndSwap(w, robust.tid|w&waitersBit|bit)
	if ok {
		at(StepLockTaken)
		if !l.held { // it still is if another process released it for us
			insert(l)
		}
		at(StepLockListed)
	}
	robust.head.pending = 0
	at(StepLockDone)
	robust.mu.Unlock()
	if !ok {
		return false, nil
	}
	if w&diedBit != 0 {
		// Killed before this store, we leave diedBit again.
		l.dead.Store(max(l.pid.Load(), 1))
	}
	if l.pid.Load() != robust.pid {
		l.pid.Store(robust.pid)
	}
	return true, nil
}

// Lock waits for the lock and takes it. A done ctx does not keep it from taking
// a lock that is free. closed, which may be nil, ends the wait when it is set
// and the word was woken.
func (l *Lock) Lock(ctx context.Context, closed *atomic.Bool) error {
	if ok, err := l.spin(); ok || err != nil {
		return err
	}
	return whose.Block(ctx, func(ctx context.Context) error { return l.wait(ctx, closed) })
}

// LockAnyway is Lock that nothing can end. In a task it suspends the task, which
// keeps a cancellation for later.
func (l *Lock) LockAnyway(ctx context.Context) error {
	if ok, err := l.spin(); ok || err != nil {
		return err
	}
	return whose.Block(ctx, func(context.Context) error { return l.wait(context.Background(), nil) })
}

// LockShort is Lock for critical sections that run no code of the user: it does
// not suspend a task, because the wait is shorter than that, and cannot fail.
func (l *Lock) LockShort() {
	if ok, _ := l.spin(); ok {
		return
	}
	_ = l.wait(context.Background(), nil)
}

func (l *Lock) wait(ctx context.Context, closed *atomic.Bool) error {
	// Here and below, but never in the queue: a context may be the user's code, and
	// could want the lock.
	done := ctx.Done()
	stop := WakeOnDone(ctx, l.word)
	err := l.queue(done, closed)
	stop()
	if err == errEnded { //nolint:errorlint // it is ours, not wrapped
		err = contextError(ctx)
	}
	return err
}

// queue waits in the queue of this process, then in that of the kernel.
func (l *Lock) queue(done <-chan struct{}, closed *atomic.Bool) error {
	for admitted := false; !admitted; {
		recheck := l.seg.Rechecked() // before the look at closed, so as to miss no change of it
		if closed != nil && closed.Load() {
			return ErrClosed
		}
		select {
		case l.front <- struct{}{}:
			admitted = true
		case <-recheck:
		case <-done:
			return errEnded
		}
	}
	defer func() { <-l.front }()
	bit := uint32(0)
	for nap := firstNap; ; nap = min(2*nap, lastNap) {
		ok, err := l.attempt(bit)
		if ok {
			return nil
		}
		switch {
		case err != nil:
		case ended(done):
			err = errEnded
		case closed != nil && closed.Load():
			err = ErrClosed
		}
		if err != nil {
			// The wake-up that we may have used up was meant for
			// another that takes the lock.
			FutexWake(l.word, 1)
			return err
		}
		w := l.word.Load()
		if w&ownerMask == 0 || w&waitersBit == 0 && !l.word.CompareAndSwap(w, w|waitersBit) {
			nap = firstNap
			continue
		}
		at(StepWaitMarked)
		FutexWait(l.word, w|waitersBit, nap)
		at(StepWaitWoken)
		bit = waitersBit
	}
}

// Unlock releases the lock. It never blocks. The holder may be another goroutine,
// and even another process: that one then finds the lock gone.
func (l *Lock) Unlock() error {
	robust.mu.Lock()
	defer robust.mu.Unlock()
	for {
		w := l.word.Load()
		if w&ownerMask == 0 {
			if l.held { // it was released for us: take it off, late
				l.unlist()
			}
			robust.head.pending = 0
			return ErrNotLocked
		}
		l.unlist()
		if !l.word.CompareAndSwap(w, 0) {
			continue
		}
		at(StepUnlockFreed)
		if w&waitersBit != 0 {
			FutexWake(l.word, 1)
		}
		at(StepUnlockWoken)
		// Only now: killed before, the kernel sees a free word and a
		// pending link, and wakes a waiter in our place.
		robust.head.pending = 0
		at(StepUnlockDone)
		return nil
	}
}

// unlist takes the lock off the list and leaves it pending.
func (l *Lock) unlist() {
	robust.head.pending = uintptr(unsafe.Pointer(l.link))
	at(StepUnlockPending)
	if l.held {
		remove(l)
	}
	at(StepUnlockListed)
}

// Ours reports whether this process holds the lock.
func (l *Lock) Ours() bool { return l.word.Load()&ownerMask == robust.tid }

// Wake makes all waiters look again, for example at whether they were closed.
func (l *Lock) Wake() { FutexWake(l.word, 1<<30) }
