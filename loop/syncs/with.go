package syncs

import "context"

// A Locker is what can be held while a function runs: a [Lock], a [Semaphore], a
// [BoundedSemaphore] or a [Condition].
type Locker interface {
	// Acquire waits for the lock.
	Acquire(ctx context.Context) error
	// Release gives it back.
	Release() error
}

// With acquires l, calls fn and releases l, also if fn panics. It returns the
// error of Acquire without calling fn, or else the error of fn, or else that
// of Release. It stands for async with.
func With(ctx context.Context, l Locker, fn func() error) (err error) {
	if err := l.Acquire(ctx); err != nil {
		return err
	}
	defer func() {
		if released := l.Release(); err == nil {
			err = released
		}
	}()
	return fn()
}
