package loop

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// iterate is one turn of the loop: wait if nothing is ready, add what was posted
// and what is due, then run what is ready now. What that schedules is left
// for the next turn, after timers and posts were looked at again, so a callback
// that schedules itself for ever keeps nobody out.
func (l *Loop) iterate() {
	if l.inbox.n.Load() != 0 {
		l.drain()
	}
	if l.ready.len() == 0 && !l.stopping.Load() {
		l.wait()
	}
	if l.inbox.n.Load() != 0 {
		l.drain()
	}
	if len(l.timers) > 0 {
		l.fire()
	}
	end := l.ready.tail
	for l.ready.head != end {
		l.runUntil(end)
	}
}

// wait blocks until a post comes or a timer is due.
func (l *Loop) wait() {
	d, timed := l.untilNext()
	if timed && d <= 0 {
		return
	}
	// Whoever was made ready by this iteration gets the processor before it
	// is given up: often that is a worker whose result comes back at once, and
	// the loop needs not sleep at all.
	runtime.Gosched()
	if !l.inbox.fallAsleep() {
		return
	}
	defer l.inbox.wokeUp()
	if !timed {
		<-l.inbox.wake
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-l.inbox.wake:
	case <-timer.C:
	}
}

// runUntil runs entries up to the position end. It returns early, with the head
// behind it, when a callback panics: one deferred call for the whole batch costs
// nothing for each.
func (l *Loop) runUntil(end uint64) {
	var e entry
	defer func() {
		if v := recover(); v != nil {
			l.callbackPanicked(e, v)
		}
	}()
	for l.ready.head != end {
		if l.dropped.Load() {
			l.applyDrops()
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

func (l *Loop) runHandle(h *Handle) {
	if h.canceled.Load() {
		return
	}
	if h.t != nil {
		h.t.Unpark(h.ticket)
		return
	}
	if fn := h.fn; fn != nil {
		fn()
	}
}

func (l *Loop) callbackPanicked(e entry, v any) {
	fn := e.fn
	if fn == nil && e.h != nil {
		fn = e.h.fn
	}
	l.CallExceptionHandler(ExceptionContext{
		Message:  "Exception in callback",
		Err:      &future.PanicError{Value: v, Stack: debug.Stack()},
		Callback: funcName(fn),
	})
}

// CurrentHost returns the loop's own goroutine as a host that cannot wait. It
// makes Loop a whose.Provider.
func (l *Loop) CurrentHost() whose.Host { return (*callbackHost)(l) }

// A callbackHost is the loop's goroutine between tasks: a place where waiting is
// refused. The methods that only a suspended host needs are never called.
type callbackHost Loop

func (h *callbackHost) loop() *Loop                     { return (*Loop)(h) }
func (h *callbackHost) Owns() bool                      { return h.loop().owned() }
func (h *callbackHost) Home() any                       { return h.loop() }
func (h *callbackHost) CanPark() bool                   { return false }
func (h *callbackHost) Prepare() uint64                 { return 0 }
func (h *callbackHost) Park(uint64, whose.Target) error { return ErrWouldBlock }
func (h *callbackHost) Derived(context.Context) bool    { return false }
func (h *callbackHost) Unpark(uint64)                   {}
func (h *callbackHost) Recancel(error)                  {}
