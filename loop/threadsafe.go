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
// is canceled by somebody else the future is canceled. What keeps the task
// from being created is the future's error, and the exception handler is told
// of it too, for the goroutine that called may be far from whoever set up the
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
