package shm

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A waiter looks at the word again after a pause that doubles each time, from
// firstPause to lastPause turns of an empty loop, and sleeps then: after some
// microseconds, about what a sleep and a wake-up cost. A thread that looks all the time slows
// down the holder, from whose cache it takes the word with each look: four processes
// that add to one value take twice as long, and a quarter longer if the first pause is a
// sixteenth of this. On one processor looking is futile, because the holder cannot run meanwhile.
const firstPause = 2048

var lastPause = func() int {
	if runtime.NumCPU() == 1 {
		return 0
	}
	return 16384
}()

// A waiter looks whether the holder lives at each awakening. That is when its death is
// noticed.
const (
	firstLockNap = time.Millisecond
	lastLockNap  = 2 * time.Millisecond
)

// spin takes the lock if it is free or soon becomes free.
func (l *Lock) spin() bool {
	for pause := firstPause; ; pause *= 2 {
		if l.grab(0) {
			return true
		}
		if pause > lastPause {
			return l.attempt(0)
		}
		for range pause {
		}
	}
}

// TryLock takes the lock if it is free or its holder is dead. It never blocks.
func (l *Lock) TryLock() bool { return l.attempt(0) }

// Lock waits for the lock and takes it. A done ctx does not keep it from taking
// a lock that is free. closed, which may be nil, ends the wait when it is set
// and the word was woken.
func (l *Lock) Lock(ctx context.Context, closed *atomic.Bool) error {
	if l.spin() {
		return nil
	}
	return whose.Block(ctx, func(ctx context.Context) error { return l.wait(ctx, closed) })
}

// LockAnyway is Lock that nothing can end. In a task it suspends the task, which
// keeps a cancellation for later.
func (l *Lock) LockAnyway(ctx context.Context) error {
	if l.spin() {
		return nil
	}
	return whose.Block(ctx, func(context.Context) error { return l.wait(context.Background(), nil) })
}

// LockShort is Lock for critical sections that run no code of the user: it does
// not suspend a task, because the wait is shorter than that, and cannot fail.
func (l *Lock) LockShort() {
	if !l.spin() {
		_ = l.wait(context.Background(), nil)
	}
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
	for nap := firstLockNap; ; nap = min(2*nap, lastLockNap) {
		if l.attempt(bit) {
			return nil
		}
		var err error
		switch {
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
			nap = firstLockNap
			continue
		}
		at(StepWaitMarked)
		FutexWait(l.word, w|waitersBit, nap)
		at(StepWaitWoken)
		bit = waitersBit
	}
}

// Wake makes all waiters look again, for example at whether they were closed.
func (l *Lock) Wake() { FutexWake(l.word, 1<<30) }
