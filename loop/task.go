package loop

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/coro"
	"github.com/seed-1b9fde7b/asyncgo/internal/origin"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// fut keeps the embedded future's field name out of the API.
type fut[T any] = future.Future[T]

// A Task runs a function as a coroutine on a loop and is the future of its
// result: the methods of [future.Future] work on it. It stands for asyncio.Task.
//
// Its methods are safe from every goroutine unless they say otherwise.
type Task[T any] struct {
	*fut[T]
	promise future.Promise[T]
	core    task
	fn      func(context.Context) (T, error)
}

// task is the part of a Task that does not depend on its type. What has no other
// guard belongs to the loop.
type task struct {
	l    *Loop
	self body
	co   *coro.Coroutine // from the first step to the end

	gid  atomic.Int64  // the goroutine on which the body runs, zero before and after
	park atomic.Uint64 // ticket of the current or next wait; the low bit says that it is spent

	parked      bool
	lent        bool // its goroutine runs callbacks; see lend
	finished    bool
	stillborn   bool            // it failed when it was created; never changes after
	eager       bool            // the first step is to be taken in the creator's turn
	mustCancel  bool            // a cancellation waits for the next await
	interrupted bool            // a cancellation ended the wait, and Park is to return it
	relaying    bool            // a request is being passed on to target
	cause       error           // of the cancellation to be told
	reach       int             // the depth of the scope that requested it; see told
	mail        *[]error        // causes of requests from elsewhere, nil before the first; guarded by ctx.mu
	mailed      atomic.Int32    // how many; written under ctx.mu
	requests    atomic.Int32    // cancellations requested and not taken back
	target      whose.Target    // what the body waits for, if that can be canceled
	waitCtx     context.Context //nolint:containedctx // of the wait in progress
	scope       *scope          // the innermost in which the body is
	resumed     *resumption     // of the contexts that Resume returned outside any scope
	history     *history        // nil until the task is canceled

	ctx  taskContext
	id   uint64
	name atomic.Pointer[string]
	site *origin.Site // where it was created; in debug mode only

	prev, next *task // in the loop's list
}

// body is the typed part of a task, as the untyped part sees it.
type body interface {
	AnyTask
	run()
	crashed(err *future.PanicError)
	abandon(err error)
	cancelTask()
	inner() *task
	ended() *future.Future[future.Outcome[None]]
	consult(f TaskFactory, ctx context.Context, l *Loop, spec *TaskSpec) error
}

// taskCount numbers tasks for their default names, as in asyncio.
var taskCount atomic.Uint64

// Cancel asks the task to stop; see [Task.CancelCause].
func (t *Task[T]) Cancel() bool { return t.fut.Cancel() }

// CancelCause asks the task to stop, for a reason that may be nil.
//
// It is a request. The task's context is done from now on, so work that was handed
// elsewhere with it stops, and every wait with it returns a [*future.CanceledError].
// The wait in which the task is, or else the next one, also cancels what it waits
// for. The function may clean up, with context.WithoutCancel if it needs to wait,
// and return that error or one that wraps it: the task is then canceled. Or it may
// go on, with [Resume]; then it was not. A task that has not started never does.
//
// It returns false if the task is done. It may be called repeatedly; each call is
// one more request. In a goroutine that is not the loop's, true means that the loop
// will see to it; the task may end before.
//
// It stands for Task.cancel(msg).
func (t *Task[T]) CancelCause(cause error) bool { return t.fut.CancelCause(cause) }

// Cancelling returns the number of requests to cancel the task, less those taken
// back by Uncancel. It stands for Task.cancelling.
func (t *Task[T]) Cancelling() int { return int(t.core.requests.Load()) + int(t.core.mailed.Load()) }

// Uncancel takes back one request to cancel the task and returns how many are
// left; at zero a cancellation that was not delivered yet is dropped. It is for
// code on the loop that has caught a cancellation which it had requested itself.
// The context that the body has stays done; see [Resume]. It stands for Task.uncancel.
func (t *Task[T]) Uncancel() int { return t.core.uncancel() }

// Name returns the task's name.
func (t *Task[T]) Name() string { return t.core.getName() }

// SetName renames the task.
func (t *Task[T]) SetName(name string) { t.core.name.Store(&name) }

// String describes the task for logs: its name, its state, never its result; where
// the loop itself asks, what the task waits for; and in debug mode the place where
// it was created.
func (t *Task[T]) String() string {
	state := t.State().String()
	if !t.IsDone() && t.Cancelling() > 0 {
		state = "cancelling"
	}
	made := ""
	if site := t.core.site; site != nil {
		made = " created by " + site.Line()
	}
	return fmt.Sprintf("<Task %q %s%s%s>", t.Name(), state, t.core.waitsFor(), made)
}

// waitsFor names what t waits for. Only the loop may look.
func (t *task) waitsFor() string {
	if t.l == nil || !t.l.owned() || !t.parked {
		return ""
	}
	if target, ok := t.target.(fmt.Stringer); ok {
		return " wait_for=" + target.String()
	}
	return ""
}

// String names t for what waits for it. It makes no mention of what t waits
// for, which may be the one that asks.
func (t *task) String() string { return fmt.Sprintf("<Task %q>", t.getName()) }

// TaskInfo says whose error it is that was never looked at.
func (t *task) TaskInfo() (name string, site *origin.Site) { return t.getName(), t.site }

func (t *task) getName() string {
	if name := t.name.Load(); name != nil {
		return *name
	}
	return fmt.Sprintf("Task-%d", t.id)
}

// run is the typed end of the body: it settles the task by Python's rules.
func (t *Task[T]) run() {
	v, err := t.fn(&t.core.ctx)
	t.fn = nil
	t.core.finish()
	switch {
	case err == nil && t.core.mustCancel:
		// Canceled while it ran, and it never awaited again: the request
		// wins over a result that was computed in spite of it.
		_ = t.promise.SetCanceled(future.Canceled(t.core.cause))
	case err != nil && future.IsCanceled(err):
		_ = t.promise.SetCanceled(err)
	default:
		t.promise.Settle(v, err)
	}
}

func (t *Task[T]) inner() *task { return &t.core }

func (t *Task[T]) crashed(err *future.PanicError) {
	t.core.finish()
	_ = t.promise.SetError(err)
}

func (t *Task[T]) abandon(err error) {
	t.core.finish()
	_ = t.promise.SetCanceled(err)
}
