package loop

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/overdue"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// RunInExecutor runs call on ex, off the loop, and returns at once with a future
// of its result that belongs to the loop which ctx carries. A nil ex means the
// loop's default executor.
//
// The work gets a context with the values, deadline and cancellation of ctx: a
// goroutine pool passes it on whole, a process pool the deadline and the
// cancellation. Canceling the future settles it at once; work that has not begun
// is called off, and work that has sees its context end and is not waited for.
//
// What keeps the work from being accepted is the future's error, and the future
// is done then: [ErrNoLoop], [ErrClosed], executor.ErrShutdown, the error that
// broke the pool. If the pool's queue is bounded and full, a task that calls is
// suspended until there is room or ctx ends.
//
// It stands for loop.run_in_executor; the context it carries is that of
// asyncio.to_thread.
func RunInExecutor[T any](ctx context.Context, ex executor.Executor, call executor.Call[T]) *future.Future[T] {
	l, err := FromContext(ctx)
	if err == nil && l.closed.Load() {
		err = ErrClosed
	}
	if err == nil && ex == nil {
		ex, err = l.fallback.get()
	}
	var f *future.Future[T]
	if err == nil {
		f, err = executor.SubmitTo(ctx, l, ex, call)
	}
	if err != nil {
		if ctx != nil && ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
			err = refusal(ctx) // a cause need not say that it is a cancellation
		}
		return future.Failed[T](fmt.Errorf("loop: RunInExecutor: %w", err))
	}
	return f
}

// refusal returns why ctx, which is done, ends whatever is begun with it.
func refusal(ctx context.Context) error {
	if t, ok := whose.Current(ctx).(*task); ok {
		return t.errorOf(ctx)
	}
	return bridge.ContextError(ctx)
}

// ToThread runs fn on the loop's default executor, a pool of goroutines that may
// block, and returns at once with a future of its result. It is [RunInExecutor] for a
// function literal: to cancel the future settles it at once and ends fn's context, and
// what keeps fn from running is the future's error.
//
// At most 4096 calls run there at the same time; more of them wait in its queue, in
// their order. A goroutine of it that has had no work for ten seconds ends. Python has
// min(32, cores+4) threads. For another limit set [Config.DefaultExecutor], or use
// RunInExecutor with a pool of your own.
//
// It stands for asyncio.to_thread.
func ToThread[T any](ctx context.Context, fn func(context.Context) (T, error)) *future.Future[T] {
	return RunInExecutor(ctx, nil, executor.Func(fn))
}

// defaultWorkers bounds the goroutines of a loop's own default executor. Python
// has min(32, cores+4) threads there, and one slow service starves every other
// call in the program; goroutines are cheap enough that the bound only has to
// stop a runaway.
const defaultWorkers = 4096

// defaultIdle is how long one of them stays without work: a burst leaves nothing behind.
const defaultIdle = 10 * time.Second

// defaultExecutor is made at its first use.
type defaultExecutor struct {
	mu   sync.Mutex // guards what follows
	ex   executor.Executor
	own  bool // ex was made here
	down bool
}

func (d *defaultExecutor) get() (executor.Executor, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return nil, ErrNoDefaultExecutor
	}
	if d.ex == nil {
		pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: defaultWorkers, IdleTimeout: defaultIdle, Name: "asyncgo"})
		if err != nil {
			return nil, err
		}
		d.ex, d.own = pool, true
	}
	return d.ex, nil
}

// used reports whether there is an executor to shut down.
func (d *defaultExecutor) used() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ex != nil
}

func (d *defaultExecutor) takeDown() executor.Executor {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = true
	ex := d.ex
	d.ex = nil
	return ex
}

// SetDefaultExecutor makes ex the executor of RunInExecutor without one, and of
// ToThread. The loop takes it over: it shuts it down when it closes, or in
// [Loop.ShutdownDefaultExecutor]. One that was set before is given back to the code
// that set it; the one that the loop made for itself finishes what it has and goes.
//
// A nil ex is refused, and so is every call after ShutdownDefaultExecutor, with
// [ErrNoDefaultExecutor], or after Close, with [ErrClosed]. Python takes only thread
// pools; here a process pool will do, for registered functions.
//
// Any goroutine may call it. It stands for loop.set_default_executor.
func (l *Loop) SetDefaultExecutor(ex executor.Executor) error {
	if ex == nil {
		return errors.New("loop: SetDefaultExecutor: the executor is nil")
	}
	if l.closed.Load() {
		return ErrClosed
	}
	d := &l.fallback
	d.mu.Lock()
	if d.down {
		d.mu.Unlock()
		return ErrNoDefaultExecutor
	}
	old, own := d.ex, d.own
	d.ex, d.own = ex, false
	d.mu.Unlock()
	if own {
		go letGo(old) // which would suspend a task
	}
	return nil
}

// ShutdownDefaultExecutor waits until the work that was given to the default
// executor is done. If the time of ctx runs out first it logs a warning, leaves
// the rest to itself and returns nil, as in asyncio; if ctx, or the calling task, is
// canceled it returns that. Work that was canceled and goes on is reported to the
// exception handler after 5 s, with [ErrNotEnded]. From the call on RunInExecutor without an executor gets
// [ErrNoDefaultExecutor]. Calling it again, or without a default executor in use,
// does nothing more.
//
// It suspends a task and blocks any other goroutine; the loop must run meanwhile if
// the work needs it. It stands for loop.shutdown_default_executor.
func (l *Loop) ShutdownDefaultExecutor(ctx context.Context) error {
	ex := l.fallback.takeDown()
	if ex == nil {
		return nil
	}
	err := ex.Shutdown(overdue.WithReporter(ctx, func(message string) {
		_, _ = l.CallSoonThreadsafe(func() { // a loop that was closed meanwhile waits for nothing
			l.CallExceptionHandler(ExceptionContext{Message: message, Err: ErrNotEnded})
		})
	}))
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
		l.log().Warn("loop: the default executor did not finish in time, and is not waited for any longer", KeyError, err)
		return nil
	}
	return err
}

// abandon shuts the executor down without waiting for what it still runs.
func (d *defaultExecutor) abandon() {
	if ex := d.takeDown(); ex != nil {
		letGo(ex)
	}
}

func letGo(ex executor.Executor) {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	_ = ex.Shutdown(now) // what still runs is not this call's concern
}
