package loop

import (
	"errors"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

var (
	// ErrClosed is returned by every call on a closed loop.
	ErrClosed = future.ErrClosed

	// ErrRunning is returned when a loop that runs is started or closed, or
	// when a loop is started inside another. Use a task, or a goroutine.
	ErrRunning = errors.New("loop: already running: use a task, or another goroutine")

	// ErrStopped is returned by RunUntilComplete when Stop ended the loop
	// before the future was done. The future is as it was: run again.
	ErrStopped = errors.New("loop: stopped before the future completed: run it again")

	// ErrNoLoop is returned when a context carries no loop. Pass the context
	// that the task's body got, or the one of [Loop.Context].
	ErrNoLoop = errors.New("loop: the context carries no loop: pass the context of a task, or Loop.Context")

	// ErrWouldBlock is returned by a call that waits, in a bare callback on
	// the loop's own goroutine. Start a task with CreateTask and wait there.
	ErrWouldBlock = future.ErrWouldBlock

	// ErrNoTask is returned by a call that only a task can make, such as
	// entering a timeout or a task group. Start a task with CreateTask; in a
	// plain goroutine, use context.WithTimeout or errgroup.
	ErrNoTask = errors.New("loop: not in a task: start one with CreateTask")

	// ErrForeignGoroutine is returned in debug mode by CallSoon, CallLater and
	// CallAt in a goroutine that is not the running loop's. Use
	// CallSoonThreadsafe there.
	ErrForeignGoroutine = errors.New("loop: called from a goroutine that is not the loop's: use CallSoonThreadsafe")

	// ErrInterrupted is returned by Run and by a Runner when an interrupt
	// signal, as of Ctrl-C, ended the main task. It stands for KeyboardInterrupt.
	ErrInterrupted = errors.New("loop: interrupted by a signal")

	// ErrUncatchable is returned by AddSignalHandler for a signal that no
	// program can handle.
	ErrUncatchable = errors.New("loop: the signal cannot be handled")

	// ErrNoDefaultExecutor is returned by RunInExecutor without an executor,
	// once the default one was shut down. Pass an executor.
	ErrNoDefaultExecutor = errors.New("loop: the default executor is shut down: pass an executor")

	// ErrTimeout is found in the error of a scope whose time was over.
	ErrTimeout = future.ErrTimeout

	// ErrTimeoutState is returned by TimeoutScope.Reschedule when the timeout
	// is not active. A timeout can be moved only while its body runs and has
	// not been stopped; make a new one otherwise.
	ErrTimeoutState = errors.New("loop: the timeout cannot be rescheduled: make a new one")

	// ErrScopeEntered is returned when a timeout or a task group is entered a
	// second time. Make a new one for each body.
	ErrScopeEntered = errors.New("loop: a scope has already been entered: make a new one for each body")

	// ErrGroupNotEntered is the outcome of a task that was given to a task
	// group before its body was entered. Call Go inside Do.
	ErrGroupNotEntered = errors.New("loop: the task group has not been entered: call Go inside Do")

	// ErrGroupFinished is the outcome of a task that was given to a task group
	// after the last of its tasks had ended. Make a new group.
	ErrGroupFinished = errors.New("loop: the task group is finished: make a new one")

	// ErrGroupAborting is the outcome of a task that was given to a task group
	// while that cancels its tasks. Clean up without new tasks.
	ErrGroupAborting = errors.New("loop: the task group is shutting down: clean up without new tasks")

	// ErrNotEnded is what the exception handler is told of a canceled task that
	// Run, a Runner or a task group has waited for too long: some wait of it
	// failed, and it went on, or it waits with a context that no request ends. So
	// it is of canceled work for which the shutdown of the default executor waits.
	ErrNotEnded = errors.New("loop: what was canceled has not ended: return the error of a wait that failed, or look at the context")

	errNilCallback = errors.New("loop: the callback is nil")
)
