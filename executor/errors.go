package executor

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
)

var (
	// ErrShutdown is returned for work that comes after Shutdown. It stands
	// for RuntimeError("cannot schedule new futures after shutdown").
	ErrShutdown = errors.New("executor: cannot accept work after Shutdown: make a new pool")

	// ErrBroken is what errors.Is finds in every [*BrokenPoolError].
	ErrBroken = errors.New("executor: the pool is broken")

	// ErrQueueFull is returned by TrySubmit, and in a bare callback on a
	// loop's goroutine by Submit too, when there is no room for more work.
	ErrQueueFull = errors.New("executor: the queue is full: use Submit, which waits for room, or raise MaxPending")

	// ErrNotRegistered is returned for a function name that this process, or
	// the process that was to run it, does not know.
	ErrNotRegistered = errors.New("executor: function is not registered: call executor.Register in a package-level variable, so that every process of the program does")

	// ErrClosure is returned when a closure is given to an executor that runs
	// its work in another process.
	ErrClosure = errors.New("executor: a closure cannot run in another process")

	// ErrNoCall is returned for the zero [Call].
	ErrNoCall = errors.New("executor: the zero Call cannot be submitted: make one with Func, Action or Bind")

	// ErrInsideItself is returned by Shutdown of a pool inside one of the
	// pool's own jobs, or in a callback that the pool calls, where it would
	// wait for itself. The shutdown has begun.
	ErrInsideItself = errors.New("executor: a job cannot wait for the shutdown of its own pool: call Shutdown outside of the pool")

	errPendingCanceled = errors.New("executor: the pool's pending work was canceled")
	errWorkReturned    = errors.New("executor: the work has returned")
)

// A BrokenPoolError is the error of work given to a pool that cannot run any,
// and the outcome of what was queued in it. errors.Is finds [ErrBroken] in it and
// errors.As the reason, an [*InitError] or a [*CrashError]. It stands for
// concurrent.futures.BrokenExecutor.
type BrokenPoolError struct {
	Pool string // the pool's name
	Err  error  // why
}

// Error returns one line with the reason.
func (e *BrokenPoolError) Error() string {
	return fmt.Sprintf("executor: pool %q is broken: %v", e.Pool, e.Err)
}

// Is reports whether target is [ErrBroken].
func (e *BrokenPoolError) Is(target error) bool { return target == ErrBroken }

// Unwrap returns the reason.
func (e *BrokenPoolError) Unwrap() error { return e.Err }

// An InitError says that the initializer of a worker failed.
type InitError struct {
	Worker string // the worker's name
	Err    error  // what the initializer returned; a *future.PanicError if it panicked
}

// Error returns one line.
func (e *InitError) Error() string {
	return fmt.Sprintf("executor: initializer of worker %s failed: %v", e.Worker, e.Err)
}

// Unwrap returns the initializer's error.
func (e *InitError) Unwrap() error { return e.Err }

// A CrashError is the outcome of a call whose worker process died while it ran
// the call. Other calls are not affected. It stands for BrokenProcessPool, which
// says none of this.
type CrashError struct {
	Node     string         // the machine or process that had the worker; empty if it was this one
	Worker   string         // the worker's name
	PID      int            // of the dead process
	ExitCode int            // -1 if a signal ended it
	Signal   syscall.Signal // that ended it; 0 if none did
	Function string         // name of the call that it was running
	Ran      time.Duration  // how long the call had run
	Stderr   string         // last lines that the worker wrote there, after the first of its dump if it panicked
	Err      error          // what more is known, such as garbage received from it; may be nil

	// FinishedResultLost says that the work had returned and that its result
	// was lost on the way, so that repeating it repeats its effects.
	FinishedResultLost bool
}

// Error returns one line: which worker died, of what, and which function it ran.
func (e *CrashError) Error() string {
	var b strings.Builder
	if e.Node != "" && e.PID == 0 {
		fmt.Fprintf(&b, "executor: node %s was lost", e.Node)
	} else {
		fmt.Fprintf(&b, "executor: worker process %d ", e.PID)
	}
	if e.Node != "" && e.PID != 0 {
		fmt.Fprintf(&b, "of node %s ", e.Node)
	}
	switch {
	case e.PID == 0 && e.Node != "":
	case e.Signal != 0:
		fmt.Fprintf(&b, "was killed by signal %d (%v)", int(e.Signal), e.Signal)
	default:
		fmt.Fprintf(&b, "exited with code %d", e.ExitCode)
	}
	if e.Function != "" {
		fmt.Fprintf(&b, " while it ran %q", e.Function)
		if e.Ran > 0 {
			fmt.Fprintf(&b, " for %v", e.Ran.Round(time.Millisecond))
		}
	}
	if e.FinishedResultLost {
		b.WriteString("; the work had finished but its result was lost")
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if words := lastWords(e.Stderr, dumped(e.exit())); words != "" {
		fmt.Fprintf(&b, "; last on stderr: %s", words)
	}
	return b.String()
}

func (e *CrashError) exit() string { return proc.Exit{Code: e.ExitCode, Signal: e.Signal}.String() }

// Unwrap returns what more is known.
func (e *CrashError) Unwrap() error { return e.Err }

// A ShutdownError is returned by Shutdown when its context ended before the work
// did. errors.Is finds the context's cause in it.
type ShutdownError struct {
	Pool    string       // the pool's name
	Running []RunningJob // what still runs, the longest first
	Queued  int          // how many jobs have not begun
	Cause   error        // why Shutdown gave up
}

// A RunningJob describes a job that is being run.
type RunningJob struct {
	ID       uint64        // see [Job.ID]
	Function string        // see [Job.Name]
	Worker   string        // the worker's name
	PID      int           // of the worker process; 0 for a goroutine
	For      time.Duration // since it began
}

// Error names up to three of the jobs that still run.
func (e *ShutdownError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "executor: pool %q is still running %d jobs", e.Pool, len(e.Running))
	for i, r := range e.Running {
		if i == 3 {
			b.WriteString(", …")
			break
		}
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(&b, "%s%s for %v", sep, r.Function, r.For.Round(time.Millisecond))
	}
	if e.Queued > 0 {
		fmt.Fprintf(&b, "; %d have not begun", e.Queued)
	}
	fmt.Fprintf(&b, ": %v", e.Cause)
	return b.String()
}

// Unwrap returns the cause.
func (e *ShutdownError) Unwrap() error { return e.Cause }

// A MapError is the error of one element of a [Map] that keeps going.
type MapError struct {
	Index int   // of the element in the input, from 0; with chunks, of the first element of its chunk
	Err   error // what the element's call ended with
}

// Error returns one line.
func (e *MapError) Error() string { return fmt.Sprintf("element %d: %v", e.Index, e.Err) }

// Unwrap returns the error of the call.
func (e *MapError) Unwrap() error { return e.Err }

// An EncodeError says that a value cannot be encoded for another process.
type EncodeError struct {
	Type string // of the value
	Err  error
}

// Error returns one line.
func (e *EncodeError) Error() string { return fmt.Sprintf("cannot encode %s: %v", e.Type, e.Err) }

// Unwrap returns the encoder's error.
func (e *EncodeError) Unwrap() error { return e.Err }

// A DecodeError says that bytes from another process are not what they should be.
type DecodeError struct {
	What     string // "argument" or "result"
	Function string // whose
	Err      error
}

// Error returns one line.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("executor: cannot decode the %s of %q: %v", e.What, e.Function, e.Err)
}

// Unwrap returns the decoder's error.
func (e *DecodeError) Unwrap() error { return e.Err }

// A ConfigError is returned by a constructor for a field that makes no sense.
type ConfigError struct {
	Field  string // such as "ThreadConfig.Workers"
	Value  any    // what was given
	Remedy string // what may be given
}

// Error names the field, the value and what would be right.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("executor: %s is %v: %s", e.Field, e.Value, e.Remedy)
}
