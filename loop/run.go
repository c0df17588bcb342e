package loop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// shutdownLimit is how long Run waits for the default executor, as asyncio.run
// does since 3.12.
const shutdownLimit = 300 * time.Second

// Run makes a loop, runs main on it as a task, and returns what main returned.
//
// When ctx ends, main is canceled. When main has returned, Run cancels every
// other task that is left, waits for them to end, and reports their errors to the
// exception handler; then it waits for the default executor, five minutes at
// most, and closes the loop.
//
// In a goroutine that belongs to a running loop it returns [ErrRunning].
//
// It stands for asyncio.run.
func Run[T any](ctx context.Context, main func(context.Context) (T, error)) (T, error) {
	return RunWith(ctx, Config{}, main)
}

// RunWith is [Run] with a configuration for the loop.
func RunWith[T any](ctx context.Context, cfg Config, main func(context.Context) (T, error)) (T, error) {
	l := New(cfg)
	t := CreateTask(WithLoop(ctx, l), main)
	if err := l.RunUntilComplete(t); errors.Is(err, ErrRunning) && !t.IsDone() {
		var zero T
		return zero, errors.Join(err, l.discard())
	}
	return finishRun(l, t)
}

func finishRun[T any](l *Loop, t *Task[T]) (T, error) {
	err := l.finishTasks()
	limit, cancel := context.WithTimeoutCause(l.Context(), shutdownLimit,
		fmt.Errorf("loop: the default executor did not finish within %v", shutdownLimit))
	defer cancel()
	if shutErr := l.ShutdownDefaultExecutor(limit); shutErr != nil {
		l.log().Warn("loop: shutting down the default executor", "error", shutErr)
	}
	err = errors.Join(err, l.Close())
	if !t.IsDone() {
		var zero T
		return zero, errors.Join(ErrStopped, err)
	}
	v, mainErr := t.Result()
	if mainErr != nil {
		return v, mainErr
	}
	return v, err
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

// discard closes a loop that never ran, without reports of the task in it.
func (l *Loop) discard() error {
	l.SetExceptionHandler(func(*Loop, ExceptionContext) {})
	return l.Close()
}

func (t *Task[T]) cancelTask() { t.Cancel() }

// ended returns a future that is done when the task is, and never fails.
func (t *Task[T]) ended() *future.Future[future.Outcome[struct{}]] {
	p := future.NewOn[future.Outcome[struct{}]](t.core.l)
	t.OnDone(func() { p.Settle(future.Outcome[struct{}]{Err: t.Err()}, nil) })
	return p.Future()
}
