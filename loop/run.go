package loop

import (
	"context"
	"errors"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// shutdownLimit is how long Run waits for the default executor, as asyncio.run
// does since 3.12.
const shutdownLimit = 300 * time.Second

// Run makes a loop, runs main on it as a task, and returns what main returned.
//
// When ctx ends, main is canceled. The first Ctrl-C cancels it too, and Run then
// returns [ErrInterrupted]; see [Runner]. When main has returned, Run cancels every
// other task that is left, waits for them to end, and reports their errors to the
// exception handler, and after five seconds those that do not end ([ErrNotEnded]);
// then it waits for the default executor, five minutes at most, and closes the loop.
//
// In a goroutine that belongs to a running loop it returns [ErrRunning]. If main
// stops the loop, and so is not done, Run returns [ErrStopped].
//
// It stands for asyncio.run.
func Run[T any](ctx context.Context, main func(context.Context) (T, error)) (T, error) {
	return RunWith(ctx, Config{}, main)
}

// RunWith is [Run] with a configuration for the loop.
func RunWith[T any](ctx context.Context, cfg Config, main func(context.Context) (T, error)) (T, error) {
	var zero T
	if whose.Current(context.Background()) != nil {
		return zero, ErrRunning
	}
	l := New(cfg)
	// Deferred because a callback may leave by runtime.Goexit; a second Close
	// does nothing.
	defer func() { _ = l.Close() }()
	v, err := runMain(ctx, l, main)
	if endErr := l.shutDown(); err == nil && endErr != nil {
		return v, endErr
	}
	return v, err
}

// finishExecutor waits for the default executor, with the loop running: what still
// works there may need it.
func (l *Loop) finishExecutor() error {
	if !l.fallback.used() {
		return nil
	}
	limit, cancel := context.WithTimeout(l.Context(), shutdownLimit)
	defer cancel()
	t := CreateTask(l.Context(), func(context.Context) (None, error) {
		return None{}, l.ShutdownDefaultExecutor(limit)
	}, WithName("shutdown of the default executor"))
	return l.RunUntilComplete(t)
}

// finishTasks cancels what is left and waits for it.
func (l *Loop) finishTasks() error {
	left := l.tasks.snapshot()
	if len(left) == 0 {
		return nil
	}
	waits := make([]*future.Future[future.Outcome[None]], len(left))
	for i, t := range left {
		t.self.cancelTask()
		waits[i] = t.self.ended()
	}
	watch := l.watchOverdue("the end of the run", l.tasks.snapshot)
	err := l.RunUntilComplete(future.Gather(waits...))
	watch.stop()
	if err != nil {
		return err
	}
	for i, w := range waits {
		if o, _ := w.Result(); o.Err != nil && !future.IsCanceled(o.Err) {
			l.CallExceptionHandler(ExceptionContext{
				Message: "Unhandled exception during loop.Run shutdown",
				Err:     o.Err,
				Task:    left[i].getName(),
			})
		}
	}
	return nil
}

func (t *Task[T]) cancelTask() { t.Cancel() }

// ended returns a future that is done when the task is, and never fails.
func (t *Task[T]) ended() *future.Future[future.Outcome[None]] {
	p := future.NewOn[future.Outcome[None]](t.core.l)
	t.OnDone(func() { p.Settle(future.Outcome[None]{Err: t.Err()}, nil) })
	return p.Future()
}

// runMain runs main on l and leaves l as it is afterwards.
func runMain[T any](ctx context.Context, l *Loop, main func(context.Context) (T, error)) (T, error) {
	t := CreateTask(WithLoop(ctx, l), main)
	watch := l.watchInterrupt(func() { t.CancelCause(ErrInterrupted) })
	// Deferred because a callback may leave by runtime.Goexit.
	defer watch.stop()
	err := l.RunUntilComplete(t)
	interrupted := watch.stop()
	if !t.IsDone() {
		if !errors.Is(err, ErrStopped) {
			t.Cancel() // another goroutine was faster, and main must not run in its turn
		}
		var zero T
		return zero, err
	}
	v, err := t.Result()
	if interrupted && t.Canceled() && t.Uncancel() == 0 {
		return v, ErrInterrupted
	}
	return v, err
}

// shutDown is the end of a run: tasks, then the default executor, then the loop.
func (l *Loop) shutDown() error {
	return errors.Join(l.finishTasks(), l.finishExecutor(), l.Close())
}
