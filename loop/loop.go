package loop

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/coro"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// Config configures a [Loop]. The zero value is ready to use.
type Config struct {
	// Logger gets what the default exception handler reports.
	// Nil means slog.Default, asked at each report.
	Logger *slog.Logger

	// ExceptionHandler, if not nil, is called in place of the default one;
	// see [Loop.SetExceptionHandler].
	ExceptionHandler ExceptionHandler

	// DefaultExecutor runs what is given to RunInExecutor without an
	// executor, and to ToThread. The loop shuts it down when it closes. Nil
	// means a thread pool of the loop's own, made at the first use.
	DefaultExecutor executor.Executor
}

// A Loop runs callbacks and tasks, one at a time, on the goroutine that calls
// RunForever or RunUntilComplete. It stands for asyncio's event loop.
type Loop struct {
	base time.Time // what the times of timers count from

	// owner is the id of the one goroutine that may touch the state below
	// without a lock: the loop's own or that of the coroutine to which it
	// switched. Zero while the loop does not run.
	owner atomic.Int64
	gid   int64 // the loop's own goroutine while it runs

	ready    ring
	timers   timerHeap
	timerSeq uint64
	current  *task             // whose step runs; nil in a bare callback
	idle     []*coro.Coroutine // for the next tasks

	timersCanceled atomic.Int64 // canceled timers still in the heap, about

	inbox inbox

	dropMu  sync.Mutex // guards drops
	drops   []uint64   // positions that foreign goroutines canceled
	dropped atomic.Bool

	running  atomic.Bool
	stopping atomic.Bool
	closed   atomic.Bool

	tasks    taskList
	unseen   unseenErrors
	handler  atomic.Pointer[ExceptionHandler]
	logger   *slog.Logger
	fallback defaultExecutor
}

// New returns a loop that does not run yet. Close it when it is no longer needed.
// It stands for asyncio.new_event_loop.
func New(cfg Config) *Loop {
	l := &Loop{base: time.Now(), logger: cfg.Logger}
	l.inbox.wake = make(chan struct{}, 1)
	l.fallback.ex = cfg.DefaultExecutor
	l.SetExceptionHandler(cfg.ExceptionHandler)
	return l
}

// RunForever runs the loop on the calling goroutine until [Loop.Stop].
//
// It returns [ErrRunning] if this loop runs already or the calling goroutine
// belongs to another that does, and [ErrClosed] if the loop is closed. After Stop
// it may be called again and goes on where it was, from any goroutine.
//
// It stands for loop.run_forever.
func (l *Loop) RunForever() error {
	if l.closed.Load() {
		return ErrClosed
	}
	id := whose.ID()
	if whose.Current(context.Background()) != nil {
		return ErrRunning
	}
	if !l.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	l.gid = id
	whose.Register(id, l)
	l.owner.Store(id)
	// Deferred because a callback may end this goroutine with
	// runtime.Goexit, as t.FailNow does: the loop must not stay "running".
	defer func() {
		l.stopIdle()
		l.owner.Store(0)
		whose.Unregister(id)
		l.stopping.Store(false)
		l.running.Store(false)
	}()
	for {
		l.iterate()
		if l.stopping.Load() {
			return nil
		}
	}
}

// RunUntilComplete runs the loop until f is done and returns f's error; the
// result is in f.
//
// If [Loop.Stop] ends the loop first it returns [ErrStopped]. A future of another
// loop gets future.ErrForeignLoop; see [Loop.RunForever] for the other refusals.
//
// It stands for loop.run_until_complete.
func (l *Loop) RunUntilComplete(f future.Waitable) error {
	if l.closed.Load() {
		return ErrClosed
	}
	if home := f.Home(); home != nil && home != future.Poster(l) {
		return future.ErrForeignLoop
	}
	if l.running.Load() || whose.Current(context.Background()) != nil {
		return ErrRunning
	}
	token := f.OnDone(l.Stop)
	err := l.RunForever()
	f.RemoveDoneCallback(token)
	if err != nil {
		return err
	}
	if !f.IsDone() {
		return ErrStopped
	}
	return f.Err()
}

// Stop makes RunForever return after the current iteration: what was ready when
// that began still runs, and what these callbacks schedule runs when the loop is
// run again. Before RunForever, it makes the next one run a single iteration
// without waiting. Any goroutine may call it, repeatedly.
//
// It stands for loop.stop.
func (l *Loop) Stop() {
	l.stopping.Store(true)
	if !l.owned() {
		l.inbox.rouse()
	}
}

// IsRunning reports whether the loop runs.
func (l *Loop) IsRunning() bool { return l.running.Load() }

// IsClosed reports whether the loop was closed.
func (l *Loop) IsClosed() bool { return l.closed.Load() }

// Close ends the loop for good: what is scheduled is dropped, tasks that are not
// done are unwound (their deferred functions run, see [CreateTask]) and reported
// by name, the default executor is shut down without waiting, and every call that
// needs the loop returns [ErrClosed] from then on.
//
// A running loop is not closed: [ErrRunning]. Closing twice does nothing.
//
// It stands for loop.close.
func (l *Loop) Close() error {
	if !l.running.CompareAndSwap(false, true) { // keeps RunForever out meanwhile
		if l.closed.Load() {
			return nil
		}
		return ErrRunning
	}
	defer l.running.Store(false)
	if l.closed.Swap(true) {
		return nil
	}
	l.inbox.close()
	l.ready, l.timers = ring{}, nil
	l.unwindTasks()
	l.stopIdle()
	l.fallback.abandon()
	l.unseen.report(l)
	return nil
}

// Context returns a context that carries the loop, for CreateTask and
// RunInExecutor outside any task.
func (l *Loop) Context() context.Context { return WithLoop(context.Background(), l) }

// WithLoop returns a context with the values, deadline and cancellation of ctx
// that carries l.
func WithLoop(ctx context.Context, l *Loop) context.Context {
	return context.WithValue(ctx, loopKey{}, l)
}

type loopKey struct{}

// FromContext returns the loop that ctx carries: in a task, the loop that runs
// it. It returns [ErrNoLoop] if there is none. It stands for
// asyncio.get_running_loop.
func FromContext(ctx context.Context) (*Loop, error) {
	if ctx != nil {
		if l, ok := ctx.Value(loopKey{}).(*Loop); ok {
			return l, nil
		}
	}
	if h := whose.Current(ctx); h != nil {
		return h.Home().(*Loop), nil
	}
	return nil, ErrNoLoop
}
