package executor

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/sourcegraph/conc/panics"
)

// observed reports whether the pool's log wants a record for every call. It is
// asked once for a batch of results.
func (p *ProcessPool) observed() bool {
	return p.cfg.Logger.Enabled(p.context(), slog.LevelDebug)
}

// deliverObserved is deliver with a record of how the call ended.
func (w *processWorker) deliverObserved(l *landed) {
	job := l.job
	job.observed = new(observed)
	w.deliver(l)
	attrs := []any{
		"executor", w.pool.cfg.Name, "worker", w.name(), "pid", w.child.PID, "function", job.Name(), "job", job.ID(),
		"waited", time.Duration(job.started - job.submitted), "ran", time.Duration(l.result.Run),
	}
	if err := job.observed.err; err != nil {
		attrs = append(attrs, "error", message(err))
	}
	w.guarded(func() {
		w.pool.cfg.Logger.DebugContext(w.pool.context(), "job "+job.observed.outcome.String(), attrs...)
	})
}

// guarded calls the pool's logger, which is foreign code: its panic must not end
// the reader. It is not logged, for it is the logger that panics.
func (w *processWorker) guarded(log func()) {
	if r := panics.Try(log); r != nil {
		_, _ = fmt.Fprintf(os.Stderr, "executor: the logger of pool %q panicked: %v\n%s", w.pool.cfg.Name, r.Value, r.Stack)
	}
}
