//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd || windows

package shm

import (
	"os"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/live"
)

// The holder of a lock is in its word as a number of package live. The system does
// not touch the word when the holder dies: one that wants the lock asks whether it
// lives, and if not takes the lock from it. All of it is one compare-and-swap, so
// that it does not matter when a process dies.

// me is this process, as its locks have it. It is set before there is a lock.
var me struct {
	id   uint32
	pid  uint32 // os.Getpid is a system call each time
	tree uint64
}

var setMe sync.Once

// startLocks prepares this process for locks. Later calls do nothing, but after an error
// they try again.
func startLocks() error {
	id, tree, err := live.Start()
	if err == nil {
		setMe.Do(func() { me.id, me.pid, me.tree = id, uint32(os.Getpid()), tree })
	}
	return err
}

func lockTree() uint64 { return me.tree }

// holds reports whether the process lives whose number in a lock word this is.
func holds(owner uint32) bool { return owner != 0 && !live.Dead(owner) }

func (l *Lock) attempt(bit uint32) bool {
	w := l.word.Load()
	if owner := w & ownerMask; owner != 0 && live.Dead(owner) {
		// The first that sees it does it.
		l.word.CompareAndSwap(w, w&waitersBit|diedBit)
	}
	return l.grab(bit)
}

func (l *Lock) grab(bit uint32) bool {
	w := l.word.Load()
	if w&ownerMask != 0 {
		return false
	}
	at(StepLockPending)
	if !l.word.CompareAndSwap(w, me.id|w&waitersBit|bit) {
		return false
	}
	l.seg.Seen()
	at(StepLockTaken)
	if w&diedBit != 0 {
		// Killed before this store, we are the dead holder.
		l.dead.Store(max(l.pid.Load(), 1))
	}
	if l.pid.Load() != me.pid {
		l.pid.Store(me.pid)
	}
	at(StepLockDone)
	return true
}

// Unlock releases the lock. It never blocks. The holder may be another goroutine,
// and even another process: that one then finds the lock gone.
func (l *Lock) Unlock() error {
	for {
		w := l.word.Load()
		owner := w & ownerMask
		if owner == 0 || owner != me.id && live.Dead(owner) {
			return ErrNotLocked // it is for the next one to take
		}
		l.seg.Published()
		at(StepUnlockPending)
		if !l.word.CompareAndSwap(w, 0) {
			continue
		}
		at(StepUnlockFreed)
		if w&waitersBit != 0 {
			FutexWake(l.word, 1)
		}
		at(StepUnlockWoken)
		return nil
	}
}

// Ours reports whether this process holds the lock.
func (l *Lock) Ours() bool { return l.word.Load()&ownerMask == me.id }
