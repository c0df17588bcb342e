package executor

import (
	"context"
	"log/slog"
	"time"

	"github.com/sourcegraph/conc/panics"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/child"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// reported passes on what a call says while it runs. job is nil if no call runs. What
// takes the report is foreign code, whose panic must not end the reader.
func (w *processWorker) reported(r wire.Result, job *Job) {
	switch r.Status {
	case wire.ReportProgress:
		if job != nil {
			w.progressed(r.Body, job)
		}
	case wire.ReportLog:
		w.guarded(func() { w.logged(r.Body, job) })
	}
}

func (w *processWorker) progressed(report []byte, job *Job) {
	sink, ok := job.parent.Value(progressKey).(progressSink)
	if !ok {
		return
	}
	var err error
	if r := panics.Try(func() { err = sink.encoded(report) }); r != nil {
		w.pool.cfg.Logger.Error("executor: a progress callback panicked", "worker", w.name(), "function", job.Name(), "panic", r.Value, "stack", string(r.Stack))
	}
	if err != nil {
		w.pool.cfg.Logger.Warn("executor: a progress report was lost", "worker", w.name(), "function", job.Name(), "error", err)
	}
}

// logged gives a log record of the worker to the pool's logger, with the names of
// the worker and of the call.
func (w *processWorker) logged(b []byte, job *Job) {
	var wr child.Record
	if err := decMode.Unmarshal(b, &wr); err != nil {
		w.pool.cfg.Logger.Warn("executor: a log record was lost", "worker", w.name(), "error", err)
		return
	}
	ctx := context.Background()
	if job != nil {
		ctx = job.parent
	}
	h := w.pool.cfg.Logger.Handler()
	if level := slog.Level(wr.Level); h.Enabled(ctx, level) {
		r := slog.NewRecord(time.Unix(0, wr.Time), level, wr.Message, 0)
		r.AddAttrs(slog.String("worker", w.name()), slog.Int("pid", w.child.PID))
		if job != nil {
			r.AddAttrs(slog.String("function", job.Name()), slog.Uint64("job", job.ID()))
		}
		for _, a := range wr.Attrs {
			r.AddAttrs(slog.Any(a.Key, a.Value))
		}
		_ = h.Handle(ctx, r) // there is nobody to tell
	}
}

// lowestLevel is the level below which the pool's logger wants no records.
func (p *ProcessPool) lowestLevel() slog.Level {
	h := p.cfg.Logger.Handler()
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn} {
		if h.Enabled(context.Background(), level) {
			return level
		}
	}
	return slog.LevelError
}
