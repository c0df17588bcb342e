//go:build !asyncgo_portable

package shm

import (
	"sync/atomic"
	"unsafe"
)

// A lockState is what this process knows of a lock besides its word.
type lockState struct {
	link         *link
	held         bool  // on the robust list; guarded by robust.mu, as are
	newer, older *Lock // its neighbours there
}

func (s *lockState) prepare(word *atomic.Uint32) { s.link = linkOf(unsafe.Pointer(word)) }

// holds reports whether the process lives whose number in a lock word this is. The
// kernel takes the numbers of the dead away.
func holds(owner uint32) bool { return owner != 0 }

// lockTree is the same in all processes: the kernel knows them all.
func lockTree() uint64 { return 0 }

// The kernel wakes a waiter when the holder dies, so that naps are for the death of
// waiters only: see firstNap.
const (
	firstLockNap = firstNap
	lastLockNap  = lastNap
)

func (l *Lock) attempt(bit uint32) (bool, error) { return l.grab(bit) }

func (l *Lock) grab(bit uint32) (bool, error) {
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
