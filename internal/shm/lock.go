package shm

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// ErrNotLocked is returned for the release of a lock that is free.
var ErrNotLocked = errors.New("not locked")

// The lock word.
const (
	waitersBit = 0x80000000 // a thread may sleep
	diedBit    = 0x40000000 // it was taken from a dead holder
	ownerMask  = 0x3fffffff // the number of the process that holds it
)

// The layout of a lock.
const (
	offWord = 0
	offDead = 4 // pid of a holder that died and was not made up for; 0 if none
	offPid  = 8 // pid of the last holder
)

// A Lock is a lock in a control page. All handles of a process share one Lock
// for each lock, so it also has the queue of this process.
type Lock struct {
	seg  *Segment
	word *atomic.Uint32
	dead *atomic.Uint32
	pid  *atomic.Uint32

	// front admits one goroutine of this process at a time to the kernel's
	// queue, so that a thousand waiters cost one thread.
	front chan struct{}

	// Runner is the goroutine that runs a user's function with the lock held,
	// 0 if none does.
	Runner atomic.Int64
}

func (l *Lock) init(s *Segment, off uintptr) {
	l.seg = s
	l.word = s.U32(off + offWord)
	l.dead = s.U32(off + offDead)
	l.pid = s.U32(off + offPid)
	l.front = make(chan struct{}, 1)
}

// Dead returns the pid of a holder that died with the lock and that was not made
// up for with Consistent, or 0. Only the holder's reading means something.
func (l *Lock) Dead() int { return int(l.dead.Load()) }

// Consistent declares that what the lock guards is in order again.
func (l *Lock) Consistent() { l.dead.Store(0) }

// Held reports whether the lock is held.
func (l *Lock) Held() bool { return holds(l.word.Load() & ownerMask) }

// contextError is what a wait returns that ctx ended: it is both ctx's error and
// its cause.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// errEnded is what a wait returns whose context has ended.
var errEnded = errors.New("the context has ended")

func ended(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// step is atomic because a goroutine of an earlier test may still be on the last steps
// of its Unlock, which the test that waited for the lock cannot see.
var step atomic.Pointer[func(step int)]

// OnStep makes fn run between the steps of taking and releasing a lock, with the number
// of the step. Tests die there. Nil, which it is at first, makes nothing run.
func OnStep(fn func(step int)) {
	if fn == nil {
		step.Store(nil)
		return
	}
	step.Store(&fn)
}

// The steps, as they follow each other, for [OnStep].
const (
	StepLockPending   = iota + 1 // the word is seen to be free
	StepLockTaken                // the word is ours
	StepLockDone                 // so is all else
	StepUnlockPending            // the word is still ours
	StepUnlockFreed              // the word is free
	StepUnlockWoken              // a waiter is awake
	StepWaitMarked               // about to sleep in the kernel
	StepWaitWoken                // woken, the lock not yet taken
	StepCellClaimed              // of a dead process, whose state is still there
	Steps                        // their number, plus one
)

func at(now int) {
	if fn := step.Load(); fn != nil {
		(*fn)(now)
	}
}

// HasSleeper reports whether a thread may be asleep for the lock; tests wait
// for that.
func (l *Lock) HasSleeper() bool { return l.word.Load()&waitersBit != 0 }

// InFront reports whether a goroutine of this process is first in the queue; tests
// look at it.
func (l *Lock) InFront() bool { return len(l.front) > 0 }
