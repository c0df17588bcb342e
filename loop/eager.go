package loop

import "context"

// An eagerness says whether a task takes its first step in its creator's turn.
type eagerness uint8

const (
	eagerUnset eagerness = iota // as the task factory decides; without one, no
	eagerNo
	eagerYes
)

// WithEagerStart says whether the task starts at once: fn then runs inside
// CreateTask, in the creator's turn, until it first has to wait. A function that
// never does is done when CreateTask returns, and nothing was scheduled for it;
// [CurrentTask] is the new task during that time, and the creator again
// afterwards.
//
// It saves the turn that a task which only looks something up would take, and it
// changes the order in which things happen, so it must be asked for. It counts
// only where CreateTask is called on the running loop; from another goroutine,
// and while the loop does not run, the task is scheduled as usual. It takes
// precedence over the loop's task factory.
//
// It stands for the argument eager_start of Python 3.14.
func WithEagerStart(eager bool) TaskOption {
	return func(o *taskOptions) {
		o.eager = eagerNo
		if eager {
			o.eager = eagerYes
		}
	}
}

// EagerTaskFactory is a [TaskFactory] that makes every task of a loop start at
// once; see [WithEagerStart]. It stands for asyncio.eager_task_factory.
func EagerTaskFactory(_ context.Context, _ *Loop, spec *TaskSpec) error {
	spec.Eager = true
	return nil
}
