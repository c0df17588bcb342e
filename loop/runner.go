package loop

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A Runner runs several main functions, one after the other, on one loop. It is
// for programs that enter and leave the loop repeatedly: a test suite, a shell, a
// program whose main loop is another. Everybody else uses [Run]. It stands for
// asyncio.Runner.
//
// # Interrupts
//
// While a main function runs, the first interrupt signal (Ctrl-C) cancels its task,
// so that it can clean up. If the task then ends as canceled, and nobody else had
// canceled it, the run returns [ErrInterrupted]. A second Ctrl-C ends the process at
// once, as in any Go program: the handler is gone after the first. It is also gone
// when the main function has returned.
//
// Signals belong to the whole process. Of several runs at the same time the one that
// came first handles the interrupt, and the others leave it alone; so does a run
// inside a synctest bubble, one with Config.LeaveSignals, and one that finds the
// signal ignored. A program that waits for the signal itself, with
// signal.NotifyContext say, gets it as well; it may want to set LeaveSignals.
type Runner struct {
	cfg Config

	mu     sync.Mutex // guards what follows
	l      *Loop      // made at the first use
	closed bool
}

// NewRunner returns a Runner; its loop is made when it is first needed, from cfg.
// Close it at the end.
func NewRunner(cfg Config) *Runner { return &Runner{cfg: cfg} }

// GetLoop returns the loop, making it if need be. After Close it returns
// [ErrClosed]. It stands for Runner.get_loop.
func (r *Runner) GetLoop() (*Loop, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, fmt.Errorf("loop: Runner: %w", ErrClosed)
	}
	if r.l == nil {
		r.l = New(r.cfg)
	}
	return r.l, nil
}

// Run runs main as a task and returns its error; it blocks meanwhile. Tasks that
// main leaves behind stay on the loop and go on in the next run. See [RunOn] for a
// main function with a result, and for the errors.
func (r *Runner) Run(ctx context.Context, main func(context.Context) error) error {
	_, err := RunOn(ctx, r, func(ctx context.Context) (struct{}, error) { return struct{}{}, main(ctx) })
	return err
}

// RunOn runs main as a task on the loop of r and returns what main returned. When
// ctx ends, main is canceled; for interrupts see [Runner].
//
// In a goroutine that belongs to a running loop, and while r runs already, it
// returns [ErrRunning]; after Close [ErrClosed]; and [ErrStopped] if [Loop.Stop]
// ended the run before main was done. It stands for Runner.run.
func RunOn[T any](ctx context.Context, r *Runner, main func(context.Context) (T, error)) (T, error) {
	var zero T
	if whose.Current(context.Background()) != nil {
		return zero, ErrRunning
	}
	l, err := r.GetLoop()
	if err != nil {
		return zero, err
	}
	if l.IsRunning() {
		return zero, ErrRunning
	}
	return runMain(ctx, l, main)
}

// Close cancels what the runs left behind, waits for it and for the default
// executor as [Run] does at its end, and closes the loop. Closing again, or a
// Runner that was never used, does nothing more. In a goroutine that belongs to a
// running loop, and while r runs, it returns [ErrRunning] and changes nothing. It
// stands for Runner.close.
func (r *Runner) Close() error {
	r.mu.Lock()
	l, closed := r.l, r.closed
	r.mu.Unlock()
	if closed {
		return nil
	}
	if l != nil {
		if l.IsRunning() || whose.Current(context.Background()) != nil {
			return ErrRunning
		}
		if err := l.shutDown(); err != nil {
			return err
		}
	}
	r.mu.Lock()
	r.closed, r.l = true, nil
	r.mu.Unlock()
	return nil
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
