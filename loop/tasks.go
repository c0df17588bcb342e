package loop

import (
	"context"
	"sync"

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

// taskList holds the tasks that are not done. The loop owns its tasks: one that
// nothing refers to goes on all the same. It is a list through the tasks
// themselves, so that membership allocates nothing.
type taskList struct {
	mu   sync.Mutex // guards what follows and the links of the members
	head *task
	n    int
}

func (s *taskList) add(t *task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.next = s.head
	if s.head != nil {
		s.head.prev = t
	}
	s.head = t
	s.n++
}

func (s *taskList) remove(t *task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.prev != nil {
		t.prev.next = t.next
	} else if s.head == t {
		s.head = t.next
	} else {
		return // was never added
	}
	if t.next != nil {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
	s.n--
}

// snapshot returns the tasks that are not done, oldest first.
func (s *taskList) snapshot() []*task {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*task, s.n)
	for i, t := s.n-1, s.head; t != nil; i, t = i-1, t.next {
		all[i] = t
	}
	return all
}
