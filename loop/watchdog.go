package loop

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/stacks"
)

// defaultBlocked is when the watchdog speaks up: as Temporal's deadlock detector.
const defaultBlocked = time.Second

// A Blocked says that a loop is stuck: one callback, or one step of a task, does
// not return, and so nothing else on the loop gets its turn.
type Blocked struct {
	Task      string        // the name of the task that is to blame, if it is one
	Callback  string        // otherwise the name of the callback, if it is known
	Goroutine int64         // on which that runs
	For       time.Duration // how long the loop has been stuck, at least
	Stack     string        // of that goroutine, innermost call first; empty when Over
	Over      bool          // the loop goes on now; this ends the incident
}

// String says it in one line, without the stack.
func (b Blocked) String() string {
	who := "an unknown callback"
	switch {
	case b.Task != "":
		who = fmt.Sprintf("task %q", b.Task)
	case b.Callback != "":
		who = "callback " + b.Callback
	}
	took := b.For.Round(time.Millisecond)
	if b.Over {
		return fmt.Sprintf("the loop goes on: %s had blocked it for %v", who, took)
	}
	return fmt.Sprintf("the loop is blocked: %s has not yielded for %v, and nothing else on the loop gets its turn"+
		" (run what blocks with RunInExecutor or ToThread)", who, took)
}

// A watchdog finds out that its loop is stuck, while it is.
//
// A timer asks a question by setting a bit that the loop looks at before each
// callback, for other reasons, anyhow; the loop answers by clearing it. So the loop
// counts nothing and reads no clock. A question that stays unanswered for several
// rounds is an incident:
//
//	timer   ── ask ── ask ──── ask ── ask ── ask ── report ┐   (no timer while stuck)
//	loop      ✓      ✓   │ stuck ……………………………………………………………… │ ✓ "goes on", timer again
//
// A timer that finds the loop asleep ends; the loop starts another when it wakes.
// So an idle loop has no timer, which matters to programs that count wake-ups and
// to synctest, where an hour of sleep is then a single step of the clock or two.
type watchdog struct {
	l      *Loop
	limit  time.Duration // not positive: off
	report func(*Loop, Blocked)

	stuck atomic.Bool // an incident is open; for the loop to read without mu

	mu      sync.Mutex // guards what follows, and is held while report runs
	timer   *time.Timer
	running bool
	missed  int       // rounds without an answer
	since   time.Time // of the question that was not answered
	current Blocked   // the incident, while stuck
}

// rounds is how many questions in a row go without answer before the report. It
// bounds how late that is: by a quarter of the limit.
const rounds = 4

func (w *watchdog) init(l *Loop, limit time.Duration, report func(*Loop, Blocked)) {
	w.l, w.limit, w.report = l, limit, report
	if report == nil {
		w.report = logBlocked
	}
}

// start begins to watch; the loop is about to run.
func (w *watchdog) start() {
	if w.limit <= 0 {
		w.l.inbox.watch(true) // as far as the loop is concerned nothing is to be done
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = true
	// A new timer for each run: a timer belongs to the synctest bubble in
	// which it was made, and a loop need not run in the one where it was made.
	w.timer = time.AfterFunc(w.interval(), w.tick)
	w.missed = 0
	w.l.inbox.watch(true)
}

// stop ends the watch; the loop has stopped. No report comes after it.
func (w *watchdog) stop() {
	if w.limit <= 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = false
	w.timer.Stop()
	w.timer = nil
	w.l.attention.And(^uint32(attendPoke))
	w.closeLocked()
}

// arm starts the timer again, for a loop that wakes up.
func (w *watchdog) arm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.missed = 0
	if w.running {
		w.timer.Reset(w.interval())
	}
}

func (w *watchdog) interval() time.Duration { return max(w.limit/rounds, 1) }

// tick is the timer's function.
func (w *watchdog) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.running || w.l.inbox.unwatchIfAsleep() {
		return
	}
	asked := w.l.attention.Or(attendPoke)&attendPoke != 0
	if !asked {
		w.missed, w.since = 0, time.Now()
		w.timer.Reset(w.interval())
		return
	}
	if w.missed++; w.missed < rounds {
		w.timer.Reset(w.interval())
		return
	}
	w.current = w.l.whoBlocks()
	w.current.For = time.Since(w.since)
	w.stuck.Store(true)
	if w.l.attention.Load()&attendPoke == 0 {
		// The loop went on while its stack was taken, and has not seen that
		// an incident was about to open.
		w.stuck.Store(false)
		w.timer.Reset(w.interval())
		return
	}
	w.report(w.l, w.current)
}

// answered is called on the loop when it has seen a question.
func (w *watchdog) answered() {
	if !w.stuck.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closeLocked()
	if w.running {
		w.missed = 0
		w.timer.Reset(w.interval())
	}
}

// closeLocked ends an open incident. The caller holds mu.
func (w *watchdog) closeLocked() {
	if !w.stuck.Swap(false) {
		return
	}
	over := w.current
	over.For, over.Stack, over.Over = time.Since(w.since), "", true
	w.current = Blocked{}
	w.report(w.l, over)
}

// whoBlocks looks up, from another goroutine, what the loop is running.
func (l *Loop) whoBlocks() Blocked {
	b := Blocked{Goroutine: l.owner.Load()}
	for _, t := range l.tasks.snapshot() {
		if t.gid.Load() == b.Goroutine {
			b.Task = t.getName()
			break
		}
	}
	g, ok := stacks.Of(b.Goroutine)
	if !ok {
		b.Stack = "(the stack could not be taken: there are too many goroutines)"
		return b
	}
	if isLent(g.Frames) {
		b.Task = ""
	}
	g.Frames = ownFrames(g.Frames)
	b.Stack = g.String()
	if n := len(g.Frames); b.Task == "" && n > 0 {
		b.Callback = g.Frames[n-1].Func
	}
	return b
}

func logBlocked(l *Loop, b Blocked) {
	if b.Over {
		l.log().Warn("loop: " + b.String())
		return
	}
	l.log().Warn("loop: "+b.String(), KeyGoroutine, b.Goroutine, KeyStack, b.Stack)
}
