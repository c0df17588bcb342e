// Package overdue is for reports of what was asked to end, is waited for, and goes on:
// the way of a report to the code that is to hear of it, and the rhythm of several.
package overdue

import (
	"context"
	"sync"
	"time"
)

// Patience is how long something waits before it says for what. The next reports come
// after twice the time each, so that a wait of a day has a dozen.
const Patience = 5 * time.Second

// A Watch reports, while something is waited for, whenever the patience is at its end.
type Watch struct {
	mu    sync.Mutex // guards what follows
	timer *time.Timer
	over  bool
}

// Start begins to watch. It calls report on a goroutine of its own with the time that
// was waited, until Stop; one call may still be under way then.
func Start(report func(waited time.Duration)) *Watch {
	w := &Watch{}
	began, every := time.Now(), Patience
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(every, func() {
		report(time.Since(began))
		w.mu.Lock()
		defer w.mu.Unlock()
		if every *= 2; !w.over {
			w.timer.Reset(every)
		}
	})
	return w
}

// Stop ends the watch.
func (w *Watch) Stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.timer.Stop()
}

type reporterKey struct{}

// WithReporter returns a context that tells the code that waits with it that report takes the
// reports of that wait, in place of a log. It may be called from any goroutine.
func WithReporter(ctx context.Context, report func(message string)) context.Context {
	return context.WithValue(ctx, reporterKey{}, report)
}

// Reporter returns what WithReporter left in ctx, or nil.
func Reporter(ctx context.Context) func(message string) {
	report, _ := ctx.Value(reporterKey{}).(func(string))
	return report
}
