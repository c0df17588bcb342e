package loop

import (
	"os"
	"strconv"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/origin"
)

// defaultSlow is asyncio's slow_callback_duration.
const defaultSlow = 100 * time.Millisecond

// SetDebug turns debug mode on or off. It is off by default and costs nothing
// then. While it is on:
//
//   - a callback, or a step of a task, that takes longer than
//     Config.SlowCallbackDuration is logged when it ends, with its name, its
//     duration and the place where it was scheduled;
//   - handles, tasks and futures remember where they were made, and reports
//     and exception contexts say so;
//   - CallSoon, CallLater and CallAt in a goroutine that is not the loop's are
//     refused with [ErrForeignGoroutine] while the loop runs.
//
// Any goroutine may call it; it counts from the next callback on. It stands for
// loop.set_debug.
func (l *Loop) SetDebug(on bool) {
	if on {
		if l.attention.Or(attendDebug)&attendDebug == 0 {
			origin.Want(1)
		}
		return
	}
	if l.attention.And(^uint32(attendDebug))&attendDebug != 0 {
		origin.Want(-1)
	}
}

// GetDebug reports whether debug mode is on. It stands for loop.get_debug.
func (l *Loop) GetDebug() bool { return l.attention.Load()&attendDebug != 0 }

// debugByEnvironment reports whether ASYNCGO_DEBUG asks for debug mode.
func debugByEnvironment() bool {
	v := os.Getenv("ASYNCGO_DEBUG")
	on, err := strconv.ParseBool(v)
	return v != "" && (on || err != nil)
}

// checkGoroutine refuses, in debug mode, a call from a goroutine that is not the
// loop's. The caller has seen that it is not.
func (l *Loop) checkGoroutine() error {
	if l.GetDebug() && l.owner.Load() != 0 {
		return ErrForeignGoroutine
	}
	return nil
}

// site returns the place from which the function that calls it was called, skip
// frames further out, in debug mode.
func (l *Loop) site(skip int) *origin.Site {
	if !l.GetDebug() {
		return nil
	}
	return origin.Here(skip)
}

// runTimed takes the next entry into *e, runs it, and reports it if that took
// long.
func (l *Loop) runTimed(e *entry) {
	*e = l.ready.pop()
	name := e.name()
	start := time.Now()
	l.nested++
	// Deferred for callbacks that panic.
	defer func() {
		l.nested--
		if took := time.Since(start); l.slow > 0 && took >= l.slow && name != "" {
			l.reportSlow(*e, name, took)
		}
	}()
	switch {
	case e.t != nil:
		l.step(e.t)
	case e.fn != nil:
		e.fn()
	case e.h != nil:
		l.runHandle(e.h)
	}
}

func (l *Loop) reportSlow(e entry, name string, took time.Duration) {
	attrs := []any{KeyDuration, took}
	if e.t != nil {
		attrs = append(attrs, KeyTask, name)
	} else {
		attrs = append(attrs, KeyCallback, name)
	}
	if site := e.site(); site != nil {
		attrs = append(attrs, KeyCreated, site.String())
	}
	l.log().Warn("loop: slow callback: everything else on the loop waited meanwhile", attrs...)
}

// site returns where the callback was scheduled or the task was created, if debug
// mode was on at that time.
func (e entry) site() *origin.Site {
	switch {
	case e.t != nil:
		return e.t.site
	case e.h != nil:
		return e.h.site
	default:
		return nil
	}
}
