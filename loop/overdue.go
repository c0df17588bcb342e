package loop

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/overdue"
	"github.com/seed-1b9fde7b/asyncgo/internal/stacks"
)

// patience is how long something waits for canceled tasks before it says which they
// are. The next reports come after twice the time each, so that a wait of a day has
// a dozen.
const patience = overdue.Patience

// An overdueWatch reports tasks that were canceled, are waited for and do not end.
type overdueWatch struct {
	l     *Loop
	who   string         // waits for them
	left  func() []*task // those that have not ended
	since time.Duration  // when the wait began, in the loop's time
	every time.Duration
	timer *TimerHandle
}

// watchOverdue begins to watch; the caller is on the loop, or the loop does not run,
// and calls stop when it has waited.
func (l *Loop) watchOverdue(who string, left func() []*task) *overdueWatch {
	w := &overdueWatch{l: l, who: who, left: left, since: time.Duration(l.now()), every: patience}
	w.arm()
	return w
}

func (w *overdueWatch) arm() { w.timer, _ = w.l.CallLater(w.every, w.report) } // a closed loop has no tasks

func (w *overdueWatch) stop() { w.timer.Cancel() }

func (w *overdueWatch) report() {
	now := time.Duration(w.l.now())
	all, _ := stacks.All()
	for _, t := range w.left() {
		if t.history == nil {
			continue // it was not asked to end
		}
		w.l.CallExceptionHandler(ExceptionContext{
			Message: fmt.Sprintf("%s has waited %v for a canceled task: %s",
				w.who, (now - w.since).Round(time.Millisecond), t.overdue(now, all)),
			Err:     ErrNotEnded,
			Task:    t.getName(),
			Created: t.site.String(),
		})
	}
	w.every *= 2
	w.arm()
}

// overdue says what a canceled task has done since.
func (t *task) overdue(now time.Duration, all map[int64]stacks.Goroutine) string {
	h := t.history
	var b strings.Builder
	fmt.Fprintf(&b, "%q was canceled %v ago", t.getName(), (now - h.first).Round(time.Millisecond))
	if h.requests > 1 {
		fmt.Fprintf(&b, " (%d requests by now)", h.requests)
	}
	if h.told == 0 {
		b.WriteString(", no wait of it has failed since")
	} else {
		fmt.Fprintf(&b, ", %s failed since, the last %v ago", plural(h.told, "wait"), (now - h.last).Round(time.Millisecond))
		if at := stacks.Place(h.frames()); at != "" {
			b.WriteString(" in " + at)
		}
		b.WriteString(", and it went on")
	}
	if h.resumed > 0 {
		fmt.Fprintf(&b, " after %s of Resume", plural(h.resumed, "call"))
	}
	b.WriteString("; now it ")
	if what := t.waitsFor(); what != "" {
		b.WriteString("waits for " + strings.TrimPrefix(what, " wait_for="))
	} else {
		b.WriteString("waits")
	}
	if at := stacks.Place(taskFrames(all[t.gid.Load()].Frames)); at != "" {
		b.WriteString(" in " + at)
	}
	return b.String()
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// frames returns the calls of the last wait that failed.
func (h *history) frames() []stacks.Frame {
	var all []stacks.Frame
	frames := runtime.CallersFrames(h.where[:h.depth])
	for {
		f, more := frames.Next()
		all = append(all, stacks.Frame{Func: f.Function, File: f.File, Line: f.Line})
		if !more {
			return ownFrames(all)
		}
	}
}
