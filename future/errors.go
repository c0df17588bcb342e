package future

import (
	"context"
	"errors"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

var (
	// ErrInvalidState is returned by calls that a future's state does not
	// allow: its result asked for while it is pending, or settled a second
	// time. It stands for asyncio.InvalidStateError.
	ErrInvalidState = errors.New("future: invalid state")

	// ErrForeignLoop is returned when a future that belongs to one loop is
	// awaited by a task of another, or when futures of two loops are combined.
	// Await such a future from a plain goroutine instead.
	ErrForeignLoop = errors.New("future: attached to a different loop: await it from a plain goroutine, or use loop.WrapFuture")

	// ErrWouldBlock is returned by Await in a bare callback on the loop's own
	// goroutine, where waiting would block the loop. Start a task
	// and await there.
	ErrWouldBlock = whose.ErrWouldBlock

	// ErrAwaitsItself is returned when a task awaits its own future.
	ErrAwaitsItself = errors.New("future: a task cannot await itself: await it in another one")

	// ErrClosed is the outcome of a future whose loop closed before the
	// future was settled.
	ErrClosed = errors.New("future: its loop is closed")

	// ErrTimeout is found by errors.Is in every error that says that the time
	// given to a wait or to a scope was over; so is [context.DeadlineExceeded].
	ErrTimeout error = &TimeoutError{}

	// ErrNoFutures is returned when an empty set is given where one future
	// at least is needed.
	ErrNoFutures = errors.New("future: no futures to wait for: give one at least")
)

// A CanceledError is the outcome of whatever was canceled: errors.Is finds
// [context.Canceled] in it, and its Cause if there is one. It stands for
// asyncio.CancelledError, its Cause for the message given to cancel().
type CanceledError struct {
	Cause error // why; nil if it is not known
}

// Error returns one line, with the cause if there is one.
func (e *CanceledError) Error() string {
	if e.Cause == nil {
		return "canceled"
	}
	return "canceled: " + e.Cause.Error()
}

// Is reports whether target is [context.Canceled].
func (e *CanceledError) Is(target error) bool { return target == context.Canceled }

// Unwrap returns the cause.
func (e *CanceledError) Unwrap() error { return e.Cause }

// Canceled returns the error of a cancellation for the given reason, which may
// be nil. A cause that is a cancellation already is returned as it is.
func Canceled(cause error) error {
	if cause == nil {
		return errCanceled
	}
	if IsCanceled(cause) {
		return cause
	}
	return &CanceledError{Cause: cause}
}

var errCanceled error = &CanceledError{}

// IsCanceled reports whether err is a cancellation, from wherever and for whatever
// reason. A deadline that passed is none. It is errors.Is with context.Canceled, but
// it returns whatever the methods of err do: one that panics is no cancellation.
func IsCanceled(err error) bool {
	switch e := err.(type) { //nolint:errorlint // the shortest way for the most frequent
	case nil:
		return false
	case *CanceledError:
		return e != nil
	case *TimeoutError:
		return false
	}
	return foreign.Is(err, context.Canceled)
}

// A lateError is the outcome of a future that was settled after its loop had closed.
// Its text is made when it is asked for: the error's own methods are not called
// while the future's mutex is held.
type lateError struct{ outcome error }

func (e *lateError) Error() string {
	return ErrClosed.Error() + "; the outcome was: " + e.outcome.Error()
}
func (e *lateError) Unwrap() []error { return []error{ErrClosed, e.outcome} }

// A TimeoutError says that time was over: errors.Is finds [ErrTimeout] and
// [context.DeadlineExceeded] in it, and what else Err holds, but no cancellation:
// that was only the means. It stands for TimeoutError.
type TimeoutError struct {
	After time.Duration // the time that was given; 0 if none was, or if it is not known
	Err   error         // what became of the work that was stopped; nil if there is nothing to say
}

// Error returns one line.
func (e *TimeoutError) Error() string {
	text := "timed out"
	if e.After > 0 {
		text += " after " + e.After.String()
	}
	// That the work was canceled because the time was over goes without saying.
	if c, ok := e.Err.(*CanceledError); e.Err != nil && (!ok || c.Cause != nil && c.Cause != errOverdue) { //nolint:errorlint // one that is wrapped says more
		text += ": " + e.Err.Error()
	}
	return text
}

// Is reports whether target is [ErrTimeout], [context.DeadlineExceeded] or
// anything in Err that is no cancellation.
func (e *TimeoutError) Is(target error) bool {
	switch target {
	case ErrTimeout, context.DeadlineExceeded:
		return true
	case context.Canceled, nil:
		return false
	}
	return errors.Is(e.Err, target)
}

// As looks into Err.
func (e *TimeoutError) As(target any) bool {
	if _, ok := target.(**CanceledError); ok || e.Err == nil {
		return false
	}
	return errors.As(e.Err, target)
}

// Timeout reports true, as net.Error has it.
func (e *TimeoutError) Timeout() bool { return true }
