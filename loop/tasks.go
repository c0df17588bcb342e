package loop

import (
	"context"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// An AnyTask is a [Task] of whatever type. It is comparable: for one task it is
// always the same value, and equal to the *Task.
type AnyTask interface {
	future.Waitable

	// State returns the task's state at this moment.
	State() future.State
	// Canceled reports whether the task ended by a cancellation.
	Canceled() bool
	// Cancelling returns the number of requests to cancel the task.
	Cancelling() int
	// Uncancel takes back one of them; see [Task.Uncancel].
	Uncancel() int
	// Name returns the task's name.
	Name() string
	// SetName renames the task.
	SetName(name string)
	// String describes the task for logs.
	String() string
}

// CurrentTask returns the task in which it is called, nil in a bare callback and
// in a goroutine that is none of a loop's, even one that holds a task's context.
// What it costs is a look-up in ctx; any context will do.
//
// It stands for asyncio.current_task.
func CurrentTask(ctx context.Context) AnyTask {
	if t, ok := whose.Current(ctx).(*task); ok {
		return t.self
	}
	return nil
}

// AllTasks returns the tasks of l that are not done, started or not, oldest
// first. Any goroutine may call it; what it returns is true of one moment.
//
// It stands for asyncio.all_tasks, where the caller is among them too.
func AllTasks(l *Loop) []AnyTask {
	left := l.tasks.snapshot()
	all := make([]AnyTask, len(left))
	for i, t := range left {
		all[i] = t.self
	}
	return all
}
