package shared

import (
	"errors"
	"fmt"
)

var (
	// ErrClosed is returned, or is the value of the panic where a method has no
	// error to return, for the use of a handle after Close. A zero handle that
	// was never made or decoded counts as closed.
	ErrClosed = errors.New("shared: the handle is closed, or was never made: use New… or decode one first")

	// ErrNotLocked is returned for the release of a lock that is not held.
	// Python raises ValueError.
	ErrNotLocked = errors.New("shared: not locked: Unlock belongs after a Lock that succeeded")

	// ErrOwnerDied says that the previous holder of a lock died with it. The
	// caller holds the lock now, and what it guards may be half changed: repair
	// that, call Consistent, and Unlock as usual.
	ErrOwnerDied = errors.New("shared: the previous holder of the lock died with it: the lock is yours, repair what it guards, call Consistent, then Unlock")

	// ErrOneWay is returned by the end of a one-way pipe that is asked to do what
	// the other end does. Python raises OSError.
	ErrOneWay = errors.New("shared: the pipe goes one way, and this is its other end: make one that goes both ways with Pipe")

	// ErrReentry is returned by Update and Do inside their own function: they would
	// wait for themselves. Python's default lock allows it.
	ErrReentry = errors.New("shared: called from inside its own function, which holds the lock: do all of it in one function")

	// ErrNotOwner is returned by RLock.Unlock to a goroutine that does not hold
	// the lock. Python raises AssertionError.
	ErrNotOwner = errors.New("shared: not the owner: only the goroutine that took an RLock may release it")

	// ErrNotAcquired is returned for the release of a BoundedSemaphore of
	// which nothing is taken. Python raises ValueError.
	ErrNotAcquired = errors.New("shared: released more often than acquired: Release belongs after an Acquire that succeeded")

	// ErrBroken is returned by a Barrier that one party left without the
	// others: see Barrier. Python raises BrokenBarrierError.
	ErrBroken = errors.New("shared: the barrier is broken: call Reset when all parties know")

	// ErrEmpty is returned by TryGet when there is nothing to get. Python
	// raises queue.Empty.
	ErrEmpty = errors.New("shared: the queue is empty: use Get to wait")

	// ErrFull is returned by TryPut when there is no room. Python raises
	// queue.Full.
	ErrFull = errors.New("shared: the queue is full: use Put to wait")

	// ErrTooLarge is returned for an item that never fits into the queue.
	ErrTooLarge = errors.New("shared: the item is larger than the queue: give QueueConfig more Bytes")

	// ErrNoTask is returned by TaskDone when every item was accounted for.
	// Python raises ValueError.
	ErrNoTask = errors.New("shared: TaskDone called more often than Get returned an item")

	// ErrTooMany is returned when more goroutines than a type has room for
	// wait or hold at once.
	ErrTooMany = errors.New("shared: too many at once: 240 is the most")

	// ErrType is returned for a type that cannot live in shared memory, and
	// for a handle that is decoded into one of another type.
	ErrType = errors.New("shared: the type does not fit")
)

// An OwnerDiedError is ErrOwnerDied with what is known about the dead.
type OwnerDiedError struct {
	// PID is the last process that had said it held the lock: the one that
	// died, unless that happened within nanoseconds of getting it. It is 1 if
	// there was none.
	PID int
}

// Error returns one line.
func (e *OwnerDiedError) Error() string {
	return fmt.Sprintf("shared: process %d died while it held the lock: the lock is yours, repair what it guards, call Consistent, then Unlock", e.PID)
}

// Is reports whether target is ErrOwnerDied.
func (e *OwnerDiedError) Is(target error) bool { return target == ErrOwnerDied }
