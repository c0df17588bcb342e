package executor

import (
	"context"
	"fmt"
	"reflect"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// None is the argument or the result of functions that have none, as in Call[None].
type None = future.None

// A Call is a piece of work with a result of type R that is not submitted yet: a
// closure made by [Func] or [Action], or a registered function with its argument
// made by Bind. A Call may be submitted any number of times.
type Call[R any] struct {
	name     string
	priority int
	work     binding[R] // nil in the zero Call
}

// binding is a closure, or a registered function with its argument, whose type it hides.
type binding[R any] interface {
	run(ctx context.Context) (R, error)
	function() string
	encode(to []byte) ([]byte, error)
	collect(room int) collected[R] // a beginning for this and others of the same function; nil if it has none
}

// Func makes a call of a closure. Executors of this process run it; a process
// pool refuses it with [ErrClosure], for a closure cannot leave the process.
func Func[R any](fn func(context.Context) (R, error)) Call[R] {
	if fn == nil {
		return Call[R]{}
	}
	return Call[R]{work: closure[R](fn)}
}

// Action is [Func] for a closure without a result.
func Action(fn func(context.Context) error) Call[None] {
	return Func(func(ctx context.Context) (None, error) { return None{}, fn(ctx) })
}

// Named returns the call under a name of its own, for statistics, labels and
// error messages. Without it a registered function has the name of its
// registration and a closure the one that the compiler gave it.
func (c Call[R]) Named(name string) Call[R] {
	c.name = name
	return c
}

// WithPriority returns the call with a priority: among the calls that wait for a
// worker of a pool, those with a higher one begin first. The default is 0;
// calls of one priority begin in the order of their submission. What a process
// pool has sent ahead to a worker (see [ProcessConfig.Prefetch]) waits no more,
// unless it is taken back from there.
func (c Call[R]) WithPriority(priority int) Call[R] {
	c.priority = priority
	return c
}

// Name returns the call's name; see [Call.Named].
func (c Call[R]) Name() string {
	switch {
	case c.name != "":
		return c.name
	case c.work != nil:
		return c.work.function()
	default:
		return ""
	}
}

// IsZero reports whether c is the zero Call, which cannot be submitted.
func (c Call[R]) IsZero() bool { return c.work == nil }

// closure is the binding of a closure. Only executors of this process run it.
type closure[R any] func(context.Context) (R, error)

func (fn closure[R]) run(ctx context.Context) (R, error) { return fn(ctx) }
func (fn closure[R]) function() string                   { return pcName(funcPC(fn)) }
func (fn closure[R]) collect(int) collected[R]           { return nil }

func (fn closure[R]) encode([]byte) ([]byte, error) { return nil, ErrClosure }

// encodeCall returns the argument of work encoded into the room of to, if there is
// enough. name is the call's, for errors.
func encodeCall[R any](work binding[R], name string, to []byte) (arg []byte, err error) {
	if _, ok := work.(closure[R]); ok || work == nil {
		return nil, fmt.Errorf("%w: %s: give it a name with executor.Register at package level and submit what Bind returns", ErrClosure, name)
	}
	if arg, err = work.encode(to); err != nil {
		return nil, fmt.Errorf("executor: argument of %q: %w", work.function(), err)
	}
	return arg, nil
}

func funcPC(fn any) uintptr { return reflect.ValueOf(fn).Pointer() }

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
	if call.IsZero() {
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
		j.tellEnd(err)
		j.release(phaseQueued) // what was encoded is not held for nothing
		return nil, err
	}
	if j.meter == nil && j.mayExpire() && j.phase.Load() == phaseQueued {
		// An executor of another package, whose queue is not known.
		j.watchParent()
	}
	return j.promise.Future(), nil
}
