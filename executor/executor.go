package executor

import (
	"context"
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
