package loop

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A Runner runs several main functions, one after the other, on one loop. It is
// for programs that enter and leave the loop repeatedly: a test suite, a shell, a
// program whose main loop is another. All others use [Run]. It stands for
// asyncio.Runner.
//
// # Interrupts
//
// While a main function runs, the first interrupt signal (Ctrl-C) cancels its task,
// so that it can clean up. If the task then ends as canceled, and nothing else had
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
	_, err := RunOn(ctx, r, noResult(main))
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

// interruptTaken says that a run of this process handles the interrupt signal. One
// at a time: in Python it is the one in the main thread, here the one that came
// first, while further runs in other goroutines leave the signal alone.
var interruptTaken atomic.Bool

// An interruptWatch waits for the interrupt signal while a main task runs.
type interruptWatch struct {
	l      *Loop
	cancel func()
	ch     chan os.Signal
	quit   chan struct{} // closed to end the goroutine
	done   chan struct{} // closed by the goroutine
	state  atomic.Int32  // one of the three below

	released bool // interruptTaken was given back; stop's own
}

const (
	interruptAwaited int32 = iota
	interruptCame
	interruptOver // the run ended first
)

// watchInterrupt begins to wait for the interrupt signal, the first of which calls
// cancel. It returns nil if that is not this run's business.
func (l *Loop) watchInterrupt(cancel func()) *interruptWatch {
	if l.leaveSignals || signal.Ignored(os.Interrupt) || inBubble() || !interruptTaken.CompareAndSwap(false, true) {
		return nil
	}
	w := &interruptWatch{l: l, cancel: cancel, ch: make(chan os.Signal, 1), quit: make(chan struct{}), done: make(chan struct{})}
	signal.Notify(w.ch, os.Interrupt)
	go w.wait()
	return w
}

func (w *interruptWatch) wait() {
	defer close(w.done)
	for {
		select {
		case <-w.quit:
			return
		case <-w.ch:
		}
		if w.l.signals.handles(os.Interrupt) {
			continue
		}
		// From here on the signal does what it does by default: the second
		// Ctrl-C ends the process at once, also when the loop is blocked or
		// main's cleanup hangs.
		signal.Stop(w.ch)
		if w.state.CompareAndSwap(interruptAwaited, interruptCame) {
			w.cancel()
		}
		return
	}
}

// stop ends the watch and its goroutine, and reports whether the signal came. It
// may be called again.
func (w *interruptWatch) stop() bool {
	if w == nil {
		return false
	}
	if w.state.CompareAndSwap(interruptAwaited, interruptOver) {
		signal.Stop(w.ch)
		close(w.quit)
		<-w.done
		interruptTaken.Store(false)
		return false
	}
	came := w.state.Load() == interruptCame
	if came && !w.released {
		w.released = true
		<-w.done
		interruptTaken.Store(false)
	}
	return came
}
