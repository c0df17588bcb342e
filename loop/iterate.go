package loop

import (
	"bytes"
	"context"
	"math"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/coro"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// iterate is one turn of the loop: wait if nothing is ready, add what was posted
// and what is due, then run what is ready now. What that schedules is left
// for the next turn, after timers and posts were looked at again, so a callback
// that schedules itself again and again keeps no other out.
//
// A task that waits may do some of that in its place; see turnInPlace. The end of the
// turn is therefore the loop's and not iterate's.
func (l *Loop) iterate() {
	l.beginTurn()
	for l.ready.head != l.end {
		l.runTurn()
	}
}

// beginTurn collects what the next turn is to run.
func (l *Loop) beginTurn() {
	if l.timersCanceled.Load() > sweepAbove {
		l.sweep() // before the loop sleeps: what they hold must not stay for that long
	}
	if l.inbox.n.Load() != 0 {
		l.drain()
	}
	if l.ready.len() == 0 && !l.stopping.Load() {
		l.wait()
	}
	if l.inbox.n.Load() != 0 {
		l.drain()
	}
	if l.timers.len() > 0 {
		l.fire()
	}
	l.end = l.ready.tail
	l.turn++
}

// wait blocks until a post comes or a timer is due.
func (l *Loop) wait() {
	d, timed := l.untilNext()
	if timed && d <= 0 {
		return
	}
	// What was made ready by this iteration gets the processor before it
	// is given up: often that is a worker whose result comes back at once, and
	// the loop needs not sleep at all.
	runtime.Gosched()
	if a := l.attention.Load(); a != 0 {
		l.attend(a) // which may take posts over, and calls OnBlocked, which may schedule
	}
	if l.ready.len() > 0 || l.inbox.n.Load() != 0 || !l.inbox.fallAsleep() {
		return
	}
	l.firstTurn = l.turn + 1
	// A task that waits in the loop's place does not run meanwhile.
	owner := l.owner.Swap(l.gid)
	defer l.awake(owner)
	if l.hasSurplus() && (!timed || d > surplusFor) {
		if l.inbox.await(surplusFor) {
			return
		}
		l.dropSurplus()
		d, timed = l.untilNext()
	}
	if timed {
		l.inbox.await(d)
	} else {
		<-l.inbox.wake
	}
}

// runTurn runs entries up to the end of the turn. It returns early, with the head
// behind it, when a callback panics: one deferred call for the whole batch costs
// nothing for each.
func (l *Loop) runTurn() {
	var e entry
	defer func() {
		switch v := recover(); {
		case v == nil:
		case e.t != nil && coro.Goexited(v):
			l.stepped()
		default:
			l.callbackPanicked(e, v)
		}
	}()
	for l.ready.head != l.end {
		if a := l.attention.Load(); a != 0 {
			l.attend(a)
			if a&attendDebug != 0 {
				l.runTimed(&e)
				continue
			}
		}
		e = l.ready.pop()
		switch {
		case e.t != nil:
			l.step(e.t)
		case e.fn != nil:
			e.fn()
		case e.h != nil:
			l.runHandle(e.h)
		}
	}
}

// What the loop is to look at before its next callback.
const (
	attendDrops = 1 << iota // a foreign goroutine canceled something
	attendPoke              // the watchdog asks whether the loop goes on
	attendDebug             // debug mode is on; stays set
)

func (l *Loop) attend(what uint32) {
	if what&attendDrops != 0 {
		l.applyDrops()
	}
	if what&attendPoke != 0 {
		l.attention.And(^uint32(attendPoke))
		l.dog.answered()
	}
}

// awake ends the state of waiting.
func (l *Loop) awake(owner int64) {
	l.owner.Store(owner)
	if l.inbox.wokeUp() {
		l.dog.arm()
	}
}

func (l *Loop) runHandle(h *Handle) {
	if h.at.kind() == inTimer {
		h.fired = true
	}
	if h.canceled.Load() {
		if h.fired {
			l.timersCanceled.Add(-1)
		}
		return
	}
	if h.t != nil {
		h.t.Unpark(h.at.number())
		return
	}
	if fn := h.fn; fn != nil {
		fn()
	}
}

func (l *Loop) callbackPanicked(e entry, v any) {
	h := e.h
	if h == nil || h == delivery {
		h = l.handleAt(l.ready.head - 1) // equal to the one that CallSoon returned
	}
	l.CallExceptionHandler(ExceptionContext{
		Message:  "Exception in callback",
		Err:      &future.PanicError{Value: v, Stack: callbackStack()},
		Callback: e.name(),
		Handle:   h,
		Created:  h.site.String(),
	})
}

// callbackStack returns the stack of a callback that panicked, without the task that lent
// it the goroutine.
func callbackStack() []byte {
	stack := debug.Stack()
	if i := bytes.Index(stack, []byte(module+lender+"(")); i >= 0 {
		stack = stack[:i]
	}
	return stack
}

// A callbackHost is the loop's goroutine between tasks: a place where waiting is
// refused. The methods that only a suspended host needs are never called.
type callbackHost Loop

func (h *callbackHost) loop() *Loop     { return (*Loop)(h) }
func (h *callbackHost) Owns() bool      { return h.loop().owned() }
func (h *callbackHost) Home() any       { return h.loop() }
func (h *callbackHost) CanPark() bool   { return false }
func (h *callbackHost) Prepare() uint64 { return 0 }
func (h *callbackHost) Unpark(uint64)   {}
func (h *callbackHost) Recancel(error)  {}

// Admit implements whose.Host.
func (h *callbackHost) Admit(context.Context) (context.Context, error) { return nil, ErrWouldBlock }

// Park implements whose.Host.
func (h *callbackHost) Park(context.Context, uint64, whose.Target) error { return ErrWouldBlock }

// CurrentHost makes it the whose.Provider of the loop's own goroutine.
func (h *callbackHost) CurrentHost() whose.Host { return h }

// RunOnce runs one iteration on the calling goroutine without waiting: the timers
// that are due and what is ready. It returns how long the caller may wait before
// the next call: zero if something is ready already, the time to the next timer
// otherwise, and math.MaxInt64 without one. What other goroutines post in the
// meantime is not announced.
//
// It is for programs that have a main loop of their own, of a graphical interface
// or a game, and call RunOnce once a round; and for tests that want to see each
// iteration by itself. For the refusals see [Loop.RunForever], which is what
// other programs want. It stands for the hook _run_once of loop subclasses.
func (l *Loop) RunOnce() (next time.Duration, err error) {
	if err := l.enter(); err != nil {
		return 0, err
	}
	defer l.leave()
	l.stopping.Store(true) // keeps the iteration from waiting
	l.iterate()
	if l.ready.len() > 0 || l.inbox.n.Load() != 0 {
		return 0, nil
	}
	l.hasSurplus() // such a loop never sleeps
	if d, timed := l.untilNext(); timed {
		return max(d, 0), nil
	}
	return math.MaxInt64, nil
}
