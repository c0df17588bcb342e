package future

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// WaitFor is Await with a limit: once d has passed it cancels f, waits until that
// has really ended, and returns a [*TimeoutError]. If f makes a value of it all the
// same, or fails in another way while it winds up, that is returned. If f cannot
// be canceled any more, as work that runs on an executor, WaitFor does not wait for
// it. To keep f alive, give it a [Shield].
//
// Zero and a negative d mean not to wait: the outcome if f is done, otherwise f is
// canceled at once, and a task that has not started never does.
//
// If the calling task is canceled, f is canceled too, WaitFor waits for its end and
// returns its outcome, or the cancellation if f was done already: a cancellation is
// never lost to a result that comes at the same moment. Nor is the end of the time, in a
// task: what f has brought stays in f. If a derived ctx ends,
// WaitFor returns its cause and cancels nothing, like [Future.Await]; so it does in
// a plain goroutine. In a bare callback on the loop it returns [ErrWouldBlock].
//
// It stands for asyncio.wait_for; without a limit use Await.
func WaitFor[T any](ctx context.Context, f Awaitable[T], d time.Duration) (T, error) {
	fut := f.Future()
	if !fut.IsDone() {
		if err := fut.waitLimited(ctx, f, d); err != nil {
			var zero T
			return zero, err
		}
	}
	return fut.Result()
}

// errOverdue is the cause with which WaitFor cancels.
var errOverdue = errors.New("future: the time given to WaitFor is over")

// limited is one WaitFor.
type limited struct {
	core     *core
	work     Waitable    // whose core it is; to be canceled through
	now      bool        // there was no time from the beginning
	expired  atomic.Bool // the limit canceled work, or tried to
	late     atomic.Bool // and work was done already, or about to be
	refused  atomic.Bool // or it said no
	canceled atomic.Bool // the calling task was canceled, and work took that
	cause    error       // the reason, once canceled is set
}

// CancelCause takes the cancellation of the waiting task. It makes limited a
// whose.Target.
func (w *limited) CancelCause(cause error) bool {
	if w.now || !w.work.CancelCause(cause) {
		return false
	}
	w.cause = cause
	w.canceled.Store(true)
	return true
}

// Ending makes limited a whose.Ender.
func (w *limited) Ending() bool { return !w.now && w.core.Ending() }

func (w *limited) expire(wake func()) {
	w.expired.Store(true)
	switch {
	case w.work.CancelCause(errOverdue):
	case w.core.Ending():
		w.late.Store(true)
	default:
		w.refused.Store(true)
		wake()
	}
}

// waitLimited returns nil if the outcome of c is to be returned.
func (c *core) waitLimited(ctx context.Context, work Waitable, d time.Duration) error {
	w := &limited{core: c, work: work, now: d <= 0}
	h := whose.Current(ctx)
	var err error
	switch {
	case h == nil:
		err = w.waitGoroutine(ctx, d)
	case c.home != nil && any(c.home) != h.Home():
		return ErrForeignLoop
	case !h.CanPark():
		return ErrWouldBlock
	case c.isOwn(h):
		return ErrAwaitsItself
	default:
		err = w.waitHost(ctx, h, d)
	}
	switch {
	case err != nil:
		return err
	case !c.settled():
		return &TimeoutError{After: max(d, 0)}
	case h != nil && !w.now && w.late.Load():
		// The time was over before the task could take the outcome. As in asyncio
		// that counts, and so does a cancellation that came before.
		if w.canceled.Load() {
			return Canceled(w.cause)
		}
		return &TimeoutError{After: d}
	case w.expired.Load() && !w.canceled.Load() && IsCanceled(c.outcome()):
		return &TimeoutError{After: max(d, 0), Err: c.outcome()}
	}
	return nil
}

// waitHost suspends the task h. It returns nil if c is settled, or if the time is
// over and nothing more will come.
func (w *limited) waitHost(ctx context.Context, h whose.Host, d time.Duration) error {
	level, err := h.Admit(ctx)
	if err != nil {
		return err
	}
	ticket := h.Prepare()
	wake := func() { h.Unpark(ticket) }
	// What is deferred is so because a task that is unwound leaves Park by
	// runtime.Goexit.
	if w.now {
		// As in asyncio, whose wait_for then waits for a callback: the task goes on
		// a turn after the callbacks of f have run.
		token := w.core.addFunc(wake)
		defer w.core.removeFunc(token)
		w.expire(wake)
	} else {
		if !w.core.add(callback{to: h, ticket: ticket}) {
			return nil
		}
		defer w.core.removeHost(h, ticket)
		count := func(int) {}
		if c, ok := h.(whose.Counter); ok {
			count = c.Count
		}
		cancel := after(ctx, d, func() {
			count(1)
			w.expire(wake)
		})
		defer func() {
			cancel()
			if w.expired.Load() {
				count(-1)
			}
		}()
	}
	if level != nil {
		stop := context.AfterFunc(level, wake)
		defer stop()
	}
	err = h.Park(ctx, ticket, w)
	if err == nil && !w.core.settled() && !w.refused.Load() {
		err = contextError(level) // what else could have ended the wait
	}
	return err
}

// waitGoroutine is waitHost for a plain goroutine.
func (w *limited) waitGoroutine(ctx context.Context, d time.Duration) error {
	refused := make(chan struct{})
	wake := func() { close(refused) }
	if w.now {
		w.expire(wake)
	} else {
		cancel := after(ctx, d, func() { w.expire(wake) })
		defer cancel()
	}
	if waiter := whose.Waiting(); waiter != nil {
		defer waiter.Resumed()
	}
	var ended <-chan struct{}
	if ctx != nil {
		ended = ctx.Done()
	}
	select {
	case <-w.core.doneChan():
		return nil
	case <-refused:
		return nil
	case <-ended:
		if w.core.settled() {
			return nil
		}
		return context.Cause(ctx)
	}
}
