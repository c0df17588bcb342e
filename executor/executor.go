package executor

import (
	"context"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// An Executor runs jobs somewhere: on goroutines, in other processes, on other
// machines. It has two methods so that it is easy to write one; [Submit] and the
// other typed entry points work with every Executor, and
// executortest.Run checks that it keeps the promises of this package.
//
// It stands for concurrent.futures.Executor.
type Executor interface {
	// Execute accepts job, or returns an error and leaves it alone.
	//
	// An executor that accepted a job settles its future, whatever happens:
	// it calls [Job.Start], and if that reports true [Job.Run], [Job.Resolve]
	// or [Job.Fail]. If there is no room for the job, Execute waits until
	// there is or ctx ends, in a task by suspending the task; when
	// [Job.MayWait] reports false, or in a bare callback on a loop's
	// goroutine, it returns [ErrQueueFull] at once.
	//
	// After Shutdown it returns [ErrShutdown], and if the executor is broken
	// a [*BrokenPoolError]. When ctx ended first it returns ctx's cause. The
	// same job is never given to it twice.
	Execute(ctx context.Context, job *Job) error

	// Shutdown refuses further jobs, finishes what was accepted and returns
	// when that is done. If ctx ends first it returns a [*ShutdownError]
	// with ctx's cause and a list of what still runs; the executor goes on
	// with winding up. It may be called repeatedly and concurrently: each call
	// waits, and after the end returns nil at once.
	Shutdown(ctx context.Context) error
}

// An Encoder is an [Executor] that sends jobs elsewhere. Submit encodes the
// function and the argument of a job before it calls Execute of an executor
// whose NeedsEncoding reports true; see [Job.Encode].
type Encoder interface {
	NeedsEncoding() bool
}

// Submit gives call to ex and returns a future for its result.
//
// It waits while ex has no room: a task is suspended, a plain goroutine is blocked. If
// ctx ends first it returns ctx's cause, after Shutdown [ErrShutdown], on a broken
// pool a [*BrokenPoolError]; with an error nothing was accepted. Without room in a
// bare callback on a loop's goroutine, which cannot wait, it returns [ErrQueueFull],
// and for the zero Call [ErrNoCall]. A closure that ex cannot run and an argument that
// cannot be encoded for it are the error of the returned future, not of Submit.
//
// The work gets a context that carries ctx's values, deadline and cancellation.
// Canceling the future before the work has begun calls the work off. Afterwards it
// ends the work's context only, Cancel reports false and the work decides: if it
// returns a cancellation the future is canceled, otherwise it has the outcome of the
// work. If ctx ends while the work is queued, the work is called off, some 20 ms later
// at most, and its place in the queue is free.
//
// A panic or runtime.Goexit in the work settles the future with a
// [*future.PanicError], the death of a worker process with a [*CrashError]. The same
// Call may be submitted again: that is another job. The future is free: its callbacks
// run in the goroutine that settles it. Submit stands for Executor.submit.
func Submit[R any](ctx context.Context, ex Executor, call Call[R]) (*future.Future[R], error) {
	return submit(ctx, nil, ex, call, true)
}

// TrySubmit is [Submit] for callers that must not wait: without room it returns
// [ErrQueueFull]. Its other errors are those of Submit: ctx's cause if ctx has ended,
// [ErrShutdown] after Shutdown; and the future has a [*CrashError] when the worker
// process dies. To call it again submits another job.
func TrySubmit[R any](ctx context.Context, ex Executor, call Call[R]) (*future.Future[R], error) {
	return submit(ctx, nil, ex, call, false)
}

// SubmitTo is [Submit] with a future that belongs to home: its callbacks run there,
// and canceling it settles it at once even if the work has begun. The work's context
// ends then, and what it returns is dropped. loop.RunInExecutor is built on it. Its
// errors are those of Submit: ctx's cause, [ErrShutdown] after Shutdown; and the
// future has a [*CrashError] when the worker process dies. To call it again submits
// another job.
func SubmitTo[R any](ctx context.Context, home future.Poster, ex Executor, call Call[R]) (*future.Future[R], error) {
	return submit(ctx, home, ex, call, true)
}

func submit[R any](ctx context.Context, home future.Poster, ex Executor, call Call[R], mayWait bool) (*future.Future[R], error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if call.fn == nil && call.bound == nil {
		return nil, ErrNoCall
	}
	j := newJob(ctx, home, call, mayWait)
	if e, ok := ex.(Encoder); ok && e.NeedsEncoding() {
		if _, _, err := j.Encode(); err != nil {
			j.Fail(err)
			return j.promise.Future(), nil
		}
	}
	if err := ex.Execute(ctx, &j.Job); err != nil {
		j.release(phaseQueued) // what was encoded is not held for nothing
		return nil, err
	}
	if j.meter == nil && j.mayExpire() && j.phase.Load() == phaseQueued {
		// An executor of another package, whose queue is not known.
		j.watchParent()
	}
	return j.promise.Future(), nil
}
