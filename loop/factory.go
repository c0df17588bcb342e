package loop

import (
	"context"
	"errors"
)

// A TaskSpec says what a task is going to be. A [TaskFactory] may change it.
type TaskSpec struct {
	// Name is the name that was given, empty if none was: the task is then
	// called "Task-N".
	Name string

	// Eager says whether the task starts at once; see [WithEagerStart]. An
	// option that was given to CreateTask takes precedence.
	Eager bool

	// Context is what the context of the body derives from: that which
	// CreateTask got.
	Context context.Context //nolint:containedctx // it lives no longer than the call of the factory

	// Run is the body. The task keeps the result aside; a factory that wants
	// to do something before or after puts a function here that calls the
	// old one, and whose error is the task's.
	Run func(ctx context.Context) error
}

// A TaskFactory has a say in every task that is created on a loop, by CreateTask
// and by whatever calls it. It gets the context that CreateTask got, and changes
// spec as it likes. If it returns an error the task fails with that at once, and
// its body never runs.
//
// It is called in the goroutine that calls CreateTask, so several calls may run
// at once. A panic in it goes to the caller of CreateTask.
type TaskFactory func(ctx context.Context, l *Loop, spec *TaskSpec) error

// SetTaskFactory makes f the factory of every task that is created from now on.
// Nil restores the default, which changes nothing. Any goroutine may call it.
//
// It stands for loop.set_task_factory. A factory of Python makes the task; here
// tasks have types, so it is shown what they are made of.
func (l *Loop) SetTaskFactory(f TaskFactory) {
	if f == nil {
		l.factory.Store(nil)
		return
	}
	l.factory.Store(&f)
}

// GetTaskFactory returns the factory that was set, nil for the default. It stands
// for loop.get_task_factory.
func (l *Loop) GetTaskFactory() TaskFactory {
	if f := l.factory.Load(); f != nil {
		return *f
	}
	return nil
}

var errNoRun = errors.New("the task factory left the task without a body: TaskSpec.Run is nil")

// configure applies options and factory, and returns the context for the body.
func (t *task) configure(f *TaskFactory, ctx context.Context, opts []TaskOption) (context.Context, error) {
	var o taskOptions
	for _, opt := range opts {
		opt(&o)
	}
	spec := TaskSpec{Name: o.name, Eager: o.eager == eagerYes, Context: ctx}
	if f != nil {
		if err := t.self.consult(*f, ctx, t.l, &spec); err != nil {
			return nil, err
		}
		if o.eager != eagerUnset {
			spec.Eager = o.eager == eagerYes
		}
		if spec.Context == nil {
			spec.Context = ctx
		}
	}
	if spec.Name != "" {
		t.name.Store(&spec.Name)
	}
	t.eager = spec.Eager
	return spec.Context, nil
}

// consult shows f the body without its type, and takes back what f made of it.
func (t *Task[T]) consult(f TaskFactory, ctx context.Context, l *Loop, spec *TaskSpec) error {
	var v T
	fn := t.fn
	spec.Run = func(ctx context.Context) (err error) {
		v, err = fn(ctx)
		return err
	}
	if err := f(ctx, l, spec); err != nil {
		return err
	}
	run := spec.Run
	if run == nil {
		return errNoRun
	}
	t.fn = func(ctx context.Context) (T, error) {
		err := run(ctx)
		return v, err
	}
	return nil
}
