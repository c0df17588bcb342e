package syncs

import (
	"errors"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

var (
	// ErrNotLocked is returned when a lock is released, or a condition waited
	// on or notified, while the lock is free. Acquire it first. It stands
	// for asyncio's RuntimeError.
	ErrNotLocked = errors.New("syncs: the lock is not acquired: Acquire it first")

	// ErrReleasedTooOften is returned by [BoundedSemaphore.Release] when every
	// permit is there already: one was released that had not been acquired.
	// It stands for asyncio's ValueError.
	ErrReleasedTooOften = errors.New("syncs: bounded semaphore released more often than acquired: Release belongs after an Acquire that succeeded")

	// ErrBrokenBarrier is returned by [Barrier.Wait] when the barrier was
	// aborted, or reset while the caller waited. Reset makes it whole again.
	// It stands for asyncio.BrokenBarrierError.
	ErrBrokenBarrier = errors.New("syncs: the barrier is broken: call Reset when all parties know")

	// ErrNegative is in what the constructors of semaphores panic with for a
	// start value below zero. It stands for asyncio's ValueError.
	ErrNegative = errors.New("syncs: a semaphore cannot start below 0")

	// ErrNoParties is in what [NewBarrier] panics with for fewer than one party. It
	// stands for asyncio's ValueError.
	ErrNoParties = errors.New("syncs: a barrier needs one party at least")

	// ErrWouldBlock is returned by whatever would have to wait, in a bare
	// callback on a loop's own goroutine. Start a task there, or use TryAcquire.
	ErrWouldBlock = future.ErrWouldBlock
)
