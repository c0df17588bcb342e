package loop

import (
	"context"
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
// exception handler; then it waits for the default executor, five minutes at
// most, and closes the loop.
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
	t := CreateTask(l.Context(), func(context.Context) (struct{}, error) {
		return struct{}{}, l.ShutdownDefaultExecutor(limit)
	}, WithName("shutdown of the default executor"))
	return l.RunUntilComplete(t)
}

// finishTasks cancels what is left and waits for it.
func (l *Loop) finishTasks() error {
	left := l.tasks.snapshot()
	if len(left) == 0 {
		return nil
	}
	waits := make([]*future.Future[future.Outcome[struct{}]], len(left))
	for i, t := range left {
		t.self.cancelTask()
		waits[i] = t.self.ended()
	}
	if err := l.RunUntilComplete(future.Gather(waits...)); err != nil {
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
func (t *Task[T]) ended() *future.Future[future.Outcome[struct{}]] {
	p := future.NewOn[future.Outcome[struct{}]](t.core.l)
	t.OnDone(func() { p.Settle(future.Outcome[struct{}]{Err: t.Err()}, nil) })
	return p.Future()
}
