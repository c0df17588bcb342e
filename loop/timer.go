package loop

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A TimerHandle is a callback that was scheduled for a point in time. It stands
// for asyncio.TimerHandle.
type TimerHandle struct {
	Handle
	when int64 // nanoseconds since the loop's base
}

// When returns the point in time for which the callback is scheduled.
// It is the zero time of a handle that came with an error.
func (h *TimerHandle) When() time.Time {
	if h.l == nil {
		return time.Time{}
	}
	return h.l.base.Add(time.Duration(h.when))
}

// String describes the timer for logs, as [Handle.String] does, with its deadline
// in seconds from the loop's beginning.
func (h *TimerHandle) String() string {
	text := strings.TrimPrefix(h.Handle.String(), "<Handle")
	return fmt.Sprintf("<TimerHandle when=%.3f%s", time.Duration(h.when).Seconds(), text)
}

// Cancel takes the callback back; see [Handle.Cancel].
func (h *TimerHandle) Cancel() {
	if h.canceled.Load() || h.l == nil {
		return
	}
	// Only the loop knows whether it is waiting still. One too many in the count makes
	// a sweep come early.
	waits := !h.l.owned() || !h.fired
	h.Handle.Cancel()
	if waits {
		h.l.timersCanceled.Add(1)
	}
}

// CallLater schedules fn to run on the loop when d has passed. Zero and negative
// delays are due at once, in the order of their deadlines. It does not block, and
// any goroutine may call it, except in debug mode; see [Loop.CallSoon]. On a closed
// loop it returns [ErrClosed]. With an error comes a handle that does nothing.
//
// It stands for loop.call_later.
func (l *Loop) CallLater(d time.Duration, fn func()) (*TimerHandle, error) {
	if fn == nil {
		return new(TimerHandle), errNilCallback
	}
	return l.addTimer(&TimerHandle{
		Handle: Handle{l: l, fn: fn, at: inTimer, site: l.site(1)},
		when:   l.deadline(d),
	})
}

// CallAt is [Loop.CallLater] with a point in time. Callbacks with equal deadlines
// run in the order in which they were scheduled.
//
// It stands for loop.call_at.
func (l *Loop) CallAt(when time.Time, fn func()) (*TimerHandle, error) {
	if fn == nil {
		return new(TimerHandle), errNilCallback
	}
	return l.addTimer(&TimerHandle{
		Handle: Handle{l: l, fn: fn, at: inTimer, site: l.site(1)},
		when:   int64(when.Sub(l.base)),
	})
}

// wakeLater unparks t when d has passed.
func (l *Loop) wakeLater(d time.Duration, t *task, ticket uint64) *TimerHandle {
	h := &TimerHandle{
		Handle: Handle{l: l, t: t, at: inTimer.with(ticket)},
		when:   l.deadline(d),
	}
	l.schedule(h)
	return h
}

// now returns the loop's time in nanoseconds since its base.
func (l *Loop) now() int64 { return int64(time.Since(l.base)) }

// deadline returns the time that is d away, without wrapping around.
func (l *Loop) deadline(d time.Duration) int64 {
	now := l.now()
	when := now + int64(d)
	if d > 0 && when < now {
		return 1<<63 - 1
	}
	return when
}

func (l *Loop) addTimer(h *TimerHandle) (*TimerHandle, error) {
	if l.owned() {
		l.schedule(h)
		return h, nil
	}
	if err := l.checkGoroutine(); err != nil {
		return new(TimerHandle), err
	}
	_, err := l.inbox.put(post{timer: h})
	return h, err
}

// schedule puts h into the queue of timers. The caller is on the loop.
func (l *Loop) schedule(h *TimerHandle) {
	l.timers.push(h)
}

// Canceled timers stay in the queue until they come to its front, or until they are
// many: at that point all of them are swept out at once, which costs less
// than taking each from the middle and keeps memory within twice the need.
const sweepAbove = 100

// sweep removes canceled timers where they are the majority.
func (l *Loop) sweep() {
	n := int(l.timersCanceled.Load())
	if n <= sweepAbove || 2*n <= l.timers.len() {
		return
	}
	l.timers.removeIf(func(h *Handle) bool { return h.canceled.Load() })
	// The count may be off by the cancellations of other goroutines that came after
	// a timer had fired; here it is known again.
	l.timersCanceled.Store(0)
}

// fire moves the timers that are due to the ready queue.
func (l *Loop) fire() {
	now := l.now()
	for l.timers.len() > 0 && l.timers.when() <= now {
		l.ready.push(entry{h: l.timers.pop()}) // whether it is canceled is looked at when it runs
	}
}

// untilNext returns how long it is until the next timer, and false without one.
func (l *Loop) untilNext() (time.Duration, bool) {
	for l.timers.len() > 0 && l.timers.first().canceled.Load() {
		l.timers.pop()
		l.timersCanceled.Add(-1)
	}
	if l.timers.len() == 0 {
		return 0, false
	}
	when, now := l.timers.when(), l.now()
	if when <= now {
		return 0, true // of a deadline long ago the difference would wrap around
	}
	return time.Duration(when - now), true
}

// Sleep waits until d has passed. In a task it suspends the task; zero or a
// negative d gives every other ready callback and task one turn. In a plain
// goroutine it blocks the goroutine, in a bare callback it returns
// [ErrWouldBlock].
//
// If ctx is done, or is so before d has passed, it returns why, after a turn of the
// others at least; the timer is taken back then.
//
// It stands for asyncio.sleep.
func Sleep(ctx context.Context, d time.Duration) error {
	h := whose.Current(ctx)
	if h == nil {
		return sleepGoroutine(ctx, d)
	}
	t, ok := h.(*task)
	if !ok {
		return ErrWouldBlock
	}
	level, err := t.Admit(ctx)
	if err != nil {
		return err
	}
	if d <= 0 {
		return t.yield(ctx)
	}
	ticket := t.Prepare()
	if level != nil {
		stop := context.AfterFunc(level, func() { t.Unpark(ticket) })
		defer stop()
	}
	timer := t.l.wakeLater(d, t, ticket)
	err = t.Park(ctx, ticket, nil)
	if err == nil && level != nil && !timer.fired {
		err = bridge.ContextError(level)
	}
	if err != nil {
		timer.Cancel()
	}
	return err
}

func sleepGoroutine(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
