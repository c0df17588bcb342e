package future

import (
	"context"
	"fmt"
)

// A Token names a callback for [Future.RemoveDoneCallback].
type Token uint64

// A Future is the read end of a result that is not there yet. It is safe for
// use by any number of goroutines and tasks at once; it is made by a [Promise].
//
// It stands for asyncio.Future where it belongs to a loop and for
// concurrent.futures.Future where it does not.
type Future[T any] struct {
	val T // first, for a type of no size at the end would take up space
	core
}

// An Awaitable is a [Future] or something with a future of its own, such as a
// task.
type Awaitable[T any] interface {
	Waitable
	Future() *Future[T]
}

// A Waitable is an [Awaitable] of whatever type.
type Waitable interface {
	// IsDone reports whether the outcome is there.
	IsDone() bool
	// Done returns a channel that is closed when the outcome is there.
	Done() <-chan struct{}
	// Err returns the error of the outcome, or [ErrInvalidState] before it.
	Err() error
	// Cancel asks for cancellation.
	Cancel() bool

	// CancelCause asks for cancellation with a reason.
	CancelCause(cause error) bool

	// Home returns the loop to which the outcome comes, nil if it is free.
	Home() Poster
	// OnDone is AddDoneCallback for a callback that needs no argument.
	OnDone(fn func()) Token
	// RemoveDoneCallback takes back a callback.
	RemoveDoneCallback(Token) bool

	base() *core
}

func (f *Future[T]) base() *core { return &f.core }

// Future returns f: a future is its own awaitable.
func (f *Future[T]) Future() *Future[T] { return f }

// State returns the state of f at this moment.
func (f *Future[T]) State() State { return f.load() }

// IsDone reports whether f is settled: with a result, an error or a
// cancellation. It stands for done().
func (f *Future[T]) IsDone() bool { return f.settled() }

// Canceled reports whether f was settled by a cancellation.
// It stands for cancelled().
func (f *Future[T]) Canceled() bool { return f.load() == StateCanceled }

// Running reports whether the work behind f has begun and not ended.
func (f *Future[T]) Running() bool { return f.load() == StateRunning }

// Done returns a channel that is closed when f is settled, for use in a select
// of a plain goroutine. A task must use [Future.Await]: a select would block its
// loop. The channel is made at the first call.
func (f *Future[T]) Done() <-chan struct{} { return f.doneChan() }

// Result returns the outcome without waiting. While f is pending or running it returns
// an error that wraps [ErrInvalidState]. Once f is done it returns the same each time.
func (f *Future[T]) Result() (T, error) {
	if !f.settled() {
		var zero T
		return zero, fmt.Errorf("%w: the result is not there yet: Await it", ErrInvalidState)
	}
	err := f.outcome()
	if err != nil {
		var zero T
		return zero, err
	}
	return f.val, nil
}

// Err returns the error of the outcome, nil for a result. While f is pending or
// running it returns an error that wraps [ErrInvalidState]. Once f is done it returns
// the same each time. It stands for exception().
func (f *Future[T]) Err() error {
	if !f.settled() {
		return fmt.Errorf("%w: the outcome is not there yet: Await it", ErrInvalidState)
	}
	return f.outcome()
}

// Await waits for the outcome and returns it.
//
// What it does depends on whose goroutine calls. In a task it suspends the task
// and the loop goes on; if the task is canceled meanwhile, f is canceled too.
// In any other goroutine it blocks
// that goroutine, and giving up when ctx ends cancels nothing. In a bare
// callback on a loop's own goroutine it returns [ErrWouldBlock] at once.
//
// If f is settled Await returns at once, in a task without yielding, even if
// ctx is done. Otherwise it fails if ctx is done, or is so before f is settled,
// each time: with the cause of ctx, in a task always as an error in which errors.Is
// finds ctx.Err() as well. A task gives up a turn before, and f is canceled only by a
// request to cancel the task.
//
// Any number of goroutines and tasks may await f, repeatedly; one that gives up
// does not disturb the others. A task of a loop other than f's gets
// [ErrForeignLoop].
func (f *Future[T]) Await(ctx context.Context) (T, error) {
	if !f.settled() {
		if err := f.wait(ctx); err != nil {
			var zero T
			return zero, err
		}
	}
	return f.Result()
}

// Cancel asks that f be canceled, and reports whether that was accepted: of a settled
// future false, but true again of a free one that is canceled; see
// [Future.CancelCause].
func (f *Future[T]) Cancel() bool { return f.cancel(nil) }

// CancelCause asks that f be canceled, for a reason that may be nil and that
// errors.Is then finds in the outcome.
//
// A pending future that was made with [New] or [NewOn] is settled at once,
// all that wait for it get a [*CanceledError], and CancelCause returns true;
// once it is running CancelCause changes nothing and returns false. For a task it
// is a request; see loop.Task. For work on an executor that has not begun, the
// work is called off and CancelCause returns true; if it has begun, its context
// ends and the work decides: CancelCause returns false, for the future is not
// canceled, and may never be.
//
// A settled future stays as it is. The answer is false then, but for a free
// future that is canceled, which says true again as in concurrent.futures.
func (f *Future[T]) CancelCause(cause error) bool { return f.cancel(cause) }

// Ending reports whether the future's end is on its way, so that a request to cancel it
// which is refused comes too late rather than in vain: it is settled, or what it combines
// is. It is for those who write loops; it does not block.
func (f *Future[T]) Ending() bool { return f.core.Ending() }

// AddDoneCallback arranges for fn to be called with f once f is settled.
//
// If f belongs to a loop, fn runs on that loop, in an iteration after this one,
// never inline, even if f is settled already. If f is free, fn runs in the
// goroutine that settles f, or inline if f is settled already. Callbacks
// run in the order in which they were added, each once; one that panics is
// reported and the others still run. The same fn may be added repeatedly.
func (f *Future[T]) AddDoneCallback(fn func(*Future[T])) Token {
	return f.addFunc(func() { fn(f) })
}

// OnDone is [Future.AddDoneCallback] for a callback that needs no argument. One that
// is added twice is called twice.
func (f *Future[T]) OnDone(fn func()) Token { return f.addFunc(fn) }

// Home returns the loop to which f belongs, or nil if f is free.
func (f *Future[T]) Home() Poster { return f.home }

// RemoveDoneCallback takes back a callback. It reports whether the callback was
// still there; once f is settled it is not.
func (f *Future[T]) RemoveDoneCallback(token Token) bool {
	return f.removeFunc(token)
}

// String describes the state of f, for logs: its error if it has one, never its
// result, how many callbacks and waiters it has, and in debug mode of a loop the
// place where it was made.
func (f *Future[T]) String() string {
	text := "<Future " + f.describe()
	f.mu.Lock()
	site := f.site()
	f.mu.Unlock()
	if site != nil {
		text += " created by " + site.Line()
	}
	return text + ">"
}
