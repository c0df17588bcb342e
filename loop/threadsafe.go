package loop

import (
	"context"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// RunCoroutineThreadsafe runs fn as a task on l, from any goroutine, and returns
// at once with a free future of its result: Await blocks the goroutine, and giving
// up there when its context ends cancels nothing. It is for goroutines that want
// something done on a loop; code on the loop uses [CreateTask].
//
// Canceling the future settles it at once and asks the task to stop, as
// [Task.CancelCause] does; what the task does after that is dropped. If the task
// is canceled by other code the future is canceled. What keeps the task
// from being created is the future's error, and the exception handler is told
// of it too, for the goroutine that called may be far from the code that set up the
// loop: the refusal of a task factory. On a closed loop the error is [ErrClosed],
// and on a loop that closes first too.
//
// The context of fn carries l and nothing else. For one with values or a deadline
// use CreateTask with [WithLoop]: it may be called from any goroutine as well.
//
// It stands for asyncio.run_coroutine_threadsafe.
func RunCoroutineThreadsafe[T any](l *Loop, fn func(context.Context) (T, error), opts ...TaskOption) *future.Future[T] {
	t := CreateTask(l.Context(), fn, opts...)
	if t.core.stillborn {
		err := fmt.Errorf("loop: RunCoroutineThreadsafe: %w", t.Err())
		_ = l.Post(func() { // a closed loop is reason enough, and reports nothing more
			l.CallExceptionHandler(ExceptionContext{
				Message: "RunCoroutineThreadsafe could not create the task",
				Err:     err,
			})
		})
	}
	return wrap(nil, t.Future())
}

// WrapFuture returns a future of l with the outcome of aw. If aw belongs to l
// already that is aw's own future; otherwise it is a new one, which gets the
// outcome in an iteration of l after aw has it. aw may be free, such as the future
// of a goroutine, or belong to another loop. A nil l gives a free future with
// the outcome of one that belongs to a loop.
//
// Canceling the wrapper settles it at once, and asks aw to stop too, on the loop in its
// next iteration; what aw still brings after that is dropped. If l closes first, the wrapper has the
// outcome [ErrClosed]. WrapFuture does not block, and any goroutine may call it.
//
// A free future can be awaited by the tasks of every loop as it is. WrapFuture is
// for one whose callbacks must run on the loop, and for awaiting what belongs to
// another loop.
//
// It stands for asyncio.wrap_future.
func WrapFuture[T any](l *Loop, aw future.Awaitable[T]) *future.Future[T] {
	src := aw.Future()
	var home future.Poster
	if l != nil {
		home = l
	}
	if src.Home() == home {
		return src
	}
	return wrap(home, src)
}

// wrap returns a new future of home that gets the outcome of src, and through
// which src can be canceled.
func wrap[T any](home future.Poster, src *future.Future[T]) *future.Future[T] {
	w := &wrapper[T]{src: src}
	w.promise.Init(home, w)
	src.OnDone(func() {
		// Settled on the loop, not here: what runs there counts on a future
		// that does not change under its hands.
		if home == nil || home.Post(w.copy) != nil {
			w.copy()
		}
	})
	return w.promise.Future()
}

// A wrapper is the state behind one wrapped future.
type wrapper[T any] struct {
	promise future.Promise[T]
	src     *future.Future[T]
}

// copy takes over the outcome; if the wrapper was canceled that changes nothing.
func (w *wrapper[T]) copy() {
	v, err := w.src.Result()
	if w.src.Canceled() {
		_ = w.promise.SetCanceled(err)
		return
	}
	w.promise.Settle(v, err)
}

// CancelRequested settles the wrapper and passes the request on; it implements
// future.Canceler. What the source answers is of no concern: it may be unable to
// stop, or take its time.
//
// On the loop the request is passed on in the next iteration, as in asyncio, where the
// first callback of the wrapper does it: before those that wait for the wrapper go on. In
// any other goroutine there are no iterations to be told apart, and the work is to be
// stopped even if the loop does not run.
func (w *wrapper[T]) CancelRequested(_ future.State, cause error) future.Answer {
	pass := func() { w.src.CancelCause(cause) }
	l, ok := w.promise.Future().Home().(*Loop)
	if !ok {
		l, ok = w.src.Home().(*Loop)
	}
	posted := ok && l.owned() && l.Post(pass) == nil // of no effect on a source that is done
	if w.promise.SetCanceled(future.Canceled(cause)) != nil {
		return future.Refuse
	}
	if !posted {
		pass()
	}
	return future.Accept
}
