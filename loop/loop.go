package loop

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/coro"
	"github.com/seed-1b9fde7b/asyncgo/internal/safelog"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// Config configures a [Loop]. The zero value is ready to use.
type Config struct {
	// Logger gets what the default exception handler reports. Its trouble stays
	// its own: a handler that has not returned after a second is not waited
	// for, and misses records until it does. Nil means slog.Default, asked at
	// each report.
	Logger *slog.Logger

	// ExceptionHandler, if not nil, is called in place of the default one;
	// see [Loop.SetExceptionHandler].
	ExceptionHandler ExceptionHandler

	// DefaultExecutor runs what is given to RunInExecutor without an
	// executor, and to ToThread. The loop shuts it down when it closes. Nil
	// means a thread pool of the loop's own, made at the first use.
	DefaultExecutor executor.Executor

	// Debug turns debug mode on from the start; see [Loop.SetDebug]. The
	// environment variable ASYNCGO_DEBUG does so for every loop, unless its
	// value is empty or says false.
	Debug bool

	// SlowCallbackDuration is how long a callback, or one step of a task, may
	// take before debug mode reports it. Zero means 100 ms, as in asyncio;
	// negative turns this report off.
	SlowCallbackDuration time.Duration

	// BlockedAfter is how long the loop may be stuck in one callback, or in
	// one step of a task, before OnBlocked is told while it still is. Zero
	// means one second; negative turns the watchdog off.
	BlockedAfter time.Duration

	// OnBlocked is told when the loop is blocked, and again when it goes on.
	// It runs on another goroutine than the loop's, or on that one at the
	// end of the incident, and must not wait for the loop. Nil means to log
	// a warning with the stack of what blocks.
	OnBlocked func(*Loop, Blocked)

	// LeaveSignals makes Run and Runner leave the interrupt signal alone; see
	// [Runner] for what they do with it otherwise.
	LeaveSignals bool
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

	ready   ring
	end     uint64 // position in ready behind the turn that runs
	timers  timerQueue
	current *task             // whose step runs; nil in a bare callback
	exiting bool              // a callback called runtime.Goexit on the goroutine of a task
	nested  int               // callers between the loop and the running task, which want control back
	idle    []*coro.Coroutine // for the next tasks

	// The numbers of the turn that runs, and of the first since the loop last had
	// to wait.
	turn, firstTurn uint64

	timersCanceled atomic.Int64 // canceled timers still in the queue, about

	inbox inbox

	posted spans // where the posts are that were taken over

	surplus surplus

	dropMu sync.Mutex // guards drops
	drops  []place    // of callbacks that foreign goroutines canceled

	// attention holds what the loop is to look at before its next callback:
	// zero nearly always, so that all of it costs one load a callback.
	attention atomic.Uint32

	begun    atomic.Uint64 // the number of the run
	running  atomic.Bool
	stopping atomic.Bool
	closed   atomic.Bool

	tasks    taskList
	unseen   unseenErrors
	handler  atomic.Pointer[ExceptionHandler]
	factory  atomic.Pointer[TaskFactory]
	logger   *slog.Logger
	fallback defaultExecutor

	slow         time.Duration // what debug mode reports
	dog          watchdog
	signals      signalHandlers
	closers      closers
	leaveSignals bool
}

// New returns a loop that does not run yet. Close it when it is no longer needed.
// It stands for asyncio.new_event_loop.
func New(cfg Config) *Loop {
	l := &Loop{base: time.Now(), firstTurn: 1, leaveSignals: cfg.LeaveSignals}
	if cfg.Logger != nil {
		l.logger = safelog.New("loop", cfg.Logger)
	}
	l.inbox.wake = make(chan struct{}, 1)
	l.fallback.ex = cfg.DefaultExecutor
	l.SetExceptionHandler(cfg.ExceptionHandler)
	l.slow = cmp.Or(cfg.SlowCallbackDuration, defaultSlow)
	l.dog.init(l, cmp.Or(cfg.BlockedAfter, defaultBlocked), cfg.OnBlocked)
	l.SetDebug(cfg.Debug || debugByEnvironment())
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
	if err := l.enter(); err != nil {
		return err
	}
	// Deferred because a callback may end this goroutine with
	// runtime.Goexit, as t.FailNow does: the loop must not stay "running".
	defer l.leave()
	for {
		l.iterate()
		if l.stopping.Load() {
			return nil
		}
	}
}

// enter makes the calling goroutine the loop's own.
func (l *Loop) enter() error {
	if l.closed.Load() {
		return ErrClosed
	}
	if whose.Current(context.Background()) != nil {
		return ErrRunning
	}
	if !l.running.CompareAndSwap(false, true) {
		if l.closed.Load() {
			return ErrClosed
		}
		return ErrRunning
	}
	if l.closed.Load() { // meanwhile
		l.running.Store(false)
		return ErrClosed
	}
	l.gid = whose.ID()
	whose.Register(l.gid, (*callbackHost)(l))
	l.owner.Store(l.gid)
	l.dog.start()
	l.begun.Store(loopsBegun.Add(1))
	runningLoops.Store(l, nil)
	return nil
}

// leave undoes enter.
func (l *Loop) leave() {
	runningLoops.Delete(l)
	l.dog.stop()
	l.stopIdle()
	l.owner.Store(0)
	whose.Unregister(l.gid)
	l.stopping.Store(false)
	l.running.Store(false)
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
