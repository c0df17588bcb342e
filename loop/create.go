package loop

import (
	"context"
	"errors"
	"fmt"
)

// A TaskOption adjusts a task at its creation.
type TaskOption func(*taskOptions)

type taskOptions struct {
	name  string
	eager eagerness
}

// WithName names the task, for logs and reports. The default is "Task-N".
func WithName(name string) TaskOption {
	return func(o *taskOptions) { o.name = name }
}

// CreateTask schedules fn to run as a task on the loop that ctx carries, and
// returns at once; fn starts in the loop's next iteration, unless it is asked to
// start at once: see [WithEagerStart]. Any goroutine may call it. If ctx carries
// no loop, or a closed one, the returned task has failed already, with
// [ErrNoLoop] or [ErrClosed]; so it has if the loop's task factory refuses it.
//
// fn gets a context of its own, through which everything that waits finds the
// task; it has the values of ctx. Canceling the task that calls CreateTask does
// not cancel the new one; a context that the caller derived, with a deadline
// say, does when it ends, and if it has ended already fn never starts.
//
// Tasks and callbacks of a loop run one at a time and are never interrupted
// between awaits, so what only they use needs no lock. By the same rule fn must
// not block its goroutine: use [RunInExecutor] or [ToThread] for that. It must not
// call runtime.LockOSThread either: a goroutine that is locked to its thread
// cannot be switched, and the runtime ends the program.
//
// A panic in fn, and runtime.Goexit, make the task fail with a
// [*future.PanicError]. If the loop closes first, fn is unwound at its current
// await as by runtime.Goexit: its deferred functions run.
//
// It stands for asyncio.create_task.
func CreateTask[T any](ctx context.Context, fn func(context.Context) (T, error), opts ...TaskOption) *Task[T] {
	t := &Task[T]{fn: fn}
	t.fut = t.promise.Future()
	t.core.self = t
	l, err := FromContext(ctx)
	if err == nil {
		t.promise.Init(l, &t.core)
		err = t.core.create(l, ctx, fn == nil, opts)
	}
	if err != nil {
		t.core.finished, t.core.stillborn = true, true
		_ = t.promise.SetError(fmt.Errorf("loop: CreateTask: %w", err))
	}
	return t
}

// create is the part of CreateTask that does not depend on the type.
func (t *task) create(l *Loop, ctx context.Context, noBody bool, opts []TaskOption) error {
	if noBody {
		return errNilCallback
	}
	if ctx == nil {
		ctx = context.Background()
	}
	t.l = l
	t.id = taskCount.Add(1)
	t.site = l.site(2) // the caller of CreateTask
	if f := l.factory.Load(); f != nil || len(opts) > 0 {
		var err error
		if ctx, err = t.configure(f, ctx, opts); err != nil {
			return err
		}
	}
	t.ctx.init(ctx, t)
	if err := l.start(t); err != nil {
		t.ctx.release()
		return err
	}
	return nil
}

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
