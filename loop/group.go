package loop

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
)

// WithTaskGroup runs body with a new task group and returns when body and every
// task of the group have ended; see [TaskGroup.Do].
//
// It stands for "async with asyncio.TaskGroup() as g".
func WithTaskGroup(ctx context.Context, body func(ctx context.Context, g *TaskGroup) error) error {
	g := new(TaskGroup)
	return g.Do(ctx, func(ctx context.Context) error { return body(ctx, g) })
}

// A TaskGroup holds tasks that end together: none of them outlives the call of
// [TaskGroup.Do], and when one fails the others are canceled. Tasks are added with
// [Go] and [TaskGroup.Go]. The zero value is ready; a group is used for one body.
//
// It stands for asyncio.TaskGroup.
type TaskGroup struct {
	scope   scope
	overdue *overdueWatch // nil until Do waits for canceled tasks; the loop's own

	mu       sync.Mutex // guards what follows, for Go in other goroutines
	entered  bool
	exiting  bool // body has returned
	aborting bool // the tasks were canceled, and no new ones are taken
	members  memberList
	errs     []error

	// While Do waits for the tasks, the ticket of that wait.
	waiting bool
	ticket  uint64
}

// Do runs body in the calling task and then waits for all tasks of the group,
// those added meanwhile included.
//
// The first task that fails stops the group: the others are canceled, body's context
// is done if body still runs, so that its waits fail, and no tasks are taken in any
// more. So does body
// if it returns an error, or panics. Once all have ended, Do returns an
// [*ErrorGroup] of every error, body's the last; a panic is an error there. A task
// that was canceled, by whatever, is no error and disturbs no other.
//
// If the calling task is canceled, so are the group's tasks; Do waits for them and
// returns the cancellation. If there are errors as well, the group of errors is
// returned and the next await meets the cancellation again.
//
// body's context ends in any case when Do returns. The contexts around it, and waits
// with them afterwards, are not affected. A canceled task that does not end holds Do
// up; the exception handler is told after five seconds, with [ErrNotEnded]. If ctx is one
// that the caller derived, with a deadline say, its end cancels the tasks.
//
// Outside a task Do returns [ErrNoTask], a second time [ErrScopeEntered], both
// without calling body.
func (g *TaskGroup) Do(ctx context.Context, body func(context.Context) error) error {
	if err := g.enter(ctx); err != nil {
		return fmt.Errorf("loop: TaskGroup: %w", err)
	}
	returned := false
	defer func() {
		if !returned {
			g.forsake()
		}
	}()
	err := g.runBody(body)
	err = g.leave(err)
	returned = true
	return err
}

func (g *TaskGroup) enter(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.entered {
		return ErrScopeEntered
	}
	if err := g.scope.enter(ctx); err != nil {
		return err
	}
	g.entered = true
	return nil
}

// runBody makes a panic an error of the group: the tasks are canceled and waited
// for like after any other.
func (g *TaskGroup) runBody(body func(context.Context) error) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil { // nil: Goexit, which cannot be stopped
			err = &future.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	err = body(&g.scope.ctx)
	returned = true
	return err
}

// forsake is the end of a group whose task is unwound by Goexit: it cannot wait.
func (g *TaskGroup) forsake() {
	g.mu.Lock()
	g.exiting = true
	g.mu.Unlock()
	g.abort(errGroupForsaken)
	g.scope.settle()
	g.scope.leave()
}

var errGroupForsaken = errors.New("loop: the task that held the task group has ended")

// leave waits for the tasks and decides what Do returns.
func (g *TaskGroup) leave(bodyErr error) error {
	g.mu.Lock()
	g.exiting = true
	g.mu.Unlock()
	defer g.scope.leave()

	var canceled error // a cancellation from outside, to be returned
	if bodyErr != nil {
		why := &groupAborted{bodyErr}
		if future.IsCanceled(bodyErr) || g.scope.caused(bodyErr) {
			canceled, bodyErr = bodyErr, nil
		}
		g.abort(why)
	}
	late := g.drain(&canceled, &bodyErr)

	stopped := g.scope.asked
	alone := g.scope.settle()
	switch {
	case stopped && alone:
		canceled = nil
	case stopped && canceled == nil:
		canceled = late
	}
	g.mu.Lock()
	if bodyErr != nil {
		g.errs = append(g.errs, bodyErr)
	}
	errs := g.errs
	g.mu.Unlock()
	if len(errs) == 0 {
		return canceled
	}
	if t := g.scope.ctx.t; t.requests.Load() > 0 {
		// The task was canceled besides. The errors are told now, and the
		// cancellation, which must not be lost, at the next await.
		cause := t.cause // of an outer scope's request, unless
		if t.ctx.ended.Load() {
			cause = t.ctx.reason()
		}
		t.uncancel()
		t.interrupt(cause, math.MaxInt)
	}
	return &ErrorGroup{Errors: errs}
}

// drain waits for the tasks. A cancellation that meets the wait, or the end of a
// derived context, stops the group and is stored as what it is; a cancellation
// that comes after that is returned.
func (g *TaskGroup) drain(canceled, bodyErr *error) (late error) {
	defer func() {
		if g.overdue != nil {
			g.overdue.stop()
		}
	}()
	for {
		if g.isAborting() {
			g.watchLeft()
		}
		err := g.wait()
		switch {
		case err == nil:
			return late
		case g.isAborting():
			late = err
			continue
		case future.IsCanceled(err):
			*canceled = err
		default:
			*bodyErr = err
		}
		g.abort(&groupAborted{err})
	}
}

// wait suspends the task until the group is empty. It returns the cancellation if
// the task is canceled, or the cause of a derived context that ends.
func (g *TaskGroup) wait() error {
	t, level := g.scope.ctx.t, g.scope.ctx.level
	if g.isAborting() {
		level = nil // it has been obeyed
	}
	g.mu.Lock()
	if g.members.n == 0 {
		g.mu.Unlock()
		return nil
	}
	g.waiting, g.ticket = true, t.Prepare()
	ticket := g.ticket
	g.mu.Unlock()
	if level != nil {
		stop := context.AfterFunc(level, func() { t.Unpark(ticket) })
		defer stop()
	}
	err := t.Park(&g.scope.ctx, ticket, (*groupWait)(g))
	g.mu.Lock()
	g.waiting = false
	g.mu.Unlock()
	if err == nil && level != nil {
		// Not only if tasks are left: the same end cancels the tasks, and
		// whether they or this wait hear of it first must make no difference.
		err = bridge.ContextError(level)
	}
	return err
}

// watchLeft begins to watch canceled tasks for which Do waits. It is for code on the
// loop.
func (g *TaskGroup) watchLeft() {
	g.mu.Lock()
	wanted := g.overdue == nil && g.exiting && g.members.n > 0
	g.mu.Unlock()
	if wanted {
		g.overdue = g.scope.ctx.t.l.watchOverdue("a task group", g.left)
	}
}

// left returns the group's tasks that have not ended.
func (g *TaskGroup) left() []*task {
	g.mu.Lock()
	defer g.mu.Unlock()
	var left []*task
	for _, m := range g.members.all() {
		if t, ok := m.Waitable.(body); ok {
			left = append(left, t.inner())
		}
	}
	return left
}

func (g *TaskGroup) isAborting() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.aborting
}

// abort cancels every task of the group and refuses new ones.
func (g *TaskGroup) abort(cause error) {
	g.mu.Lock()
	if g.aborting {
		g.mu.Unlock()
		return
	}
	g.aborting = true
	members := g.members.all()
	g.mu.Unlock()
	for _, m := range members {
		m.CancelCause(cause)
	}
	g.watchLeft()
}

// Cancel stops the group without an error: its tasks are canceled, and so is the
// await of the body if that still runs. Do returns nil then, if no task fails on
// its way out. Before the body is entered, and once the group is finished or
// stopping already, it does nothing. Any goroutine may call it.
//
// asyncio has no such method.
func (g *TaskGroup) Cancel() {
	g.mu.Lock()
	entered, l := g.entered, (*Loop)(nil)
	if entered {
		l = g.scope.ctx.t.l
	}
	g.mu.Unlock()
	switch {
	case !entered:
	case l.owned():
		g.cancel()
	default:
		_ = l.Post(g.cancel) // a closed loop has no groups left
	}
}

func (g *TaskGroup) cancel() {
	g.mu.Lock()
	over, inside := g.aborting || g.exiting && g.members.n == 0, !g.exiting
	g.mu.Unlock()
	if over {
		return
	}
	why := &groupAborted{errGroupCanceled}
	g.abort(why)
	if inside {
		g.scope.stop(why, why)
	}
}

var errGroupCanceled = errors.New("Cancel was called")

// A groupAborted is the cause with which a group cancels its tasks. It tells the
// reason without being it: errors.Is must not find a sibling's timeout in a
// cancellation.
type groupAborted struct{ err error }

func (e *groupAborted) Error() string {
	if e.err == nil {
		return "the task group is shutting down"
	}
	return "the task group is shutting down: " + e.err.Error()
}

// A groupFailed is the cause of a group's context after a task has failed: unlike
// the cancellations, it leads to the error.
type groupFailed struct{ err error }

func (e *groupFailed) Error() string { return "a task of the group failed: " + e.err.Error() }
func (e *groupFailed) Unwrap() error { return e.err }
