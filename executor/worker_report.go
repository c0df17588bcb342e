package executor

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A workerReporter sends what a call reports while it runs. It travels in the
// call's context.
type workerReporter struct {
	server *workerServer
	id     uint64

	mu   sync.Mutex
	over bool // the call has returned: its reports have no place any more
}

func (r *workerReporter) progress(b []byte) bool {
	return r.report(wire.Result{ID: r.id, Status: wire.ReportProgress, Body: b})
}

// report sends, unless the call is over: reports come before the result.
func (r *workerReporter) report(m wire.Result) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return false
	}
	r.server.send(m, nil)
	return true
}

func (r *workerReporter) end() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
}

// A workerLog is the default slog handler of a worker process: it sends the
// records to the parent, whose logger gets them with the names of worker and call.
type workerLog struct {
	server *workerServer
	level  slog.Level
	attrs  []wireAttr // of WithAttrs
	prefix string     // of WithGroup
}

// Enabled reports whether the parent wants records of this level.
func (h *workerLog) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// Handle sends the record.
func (h *workerLog) Handle(_ context.Context, r slog.Record) error {
	wr := wireRecord{Time: r.Time.UnixNano(), Level: int(r.Level), Message: r.Message, Attrs: append([]wireAttr(nil), h.attrs...)}
	if r.Time.IsZero() {
		wr.Time = time.Now().UnixNano()
	}
	r.Attrs(func(a slog.Attr) bool {
		wr.Attrs = appendAttr(wr.Attrs, h.prefix, a)
		return true
	})
	b, err := encMode.Marshal(&wr)
	if err != nil {
		return fmt.Errorf("executor: log record: %w", err)
	}
	h.server.send(wire.Result{ID: h.server.control.current(), Status: wire.ReportLog, Body: b}, nil)
	return nil
}

// WithAttrs returns a handler whose records have the attributes as well.
func (h *workerLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append([]wireAttr(nil), h.attrs...)
	for _, a := range attrs {
		c.attrs = appendAttr(c.attrs, h.prefix, a)
	}
	return &c
}

// WithGroup returns a handler that puts the name in front of later keys.
func (h *workerLog) WithGroup(name string) slog.Handler {
	c := *h
	if name != "" {
		c.prefix += name + "."
	}
	return &c
}

// appendAttr appends a in a form that can travel. Groups become parts of the key;
// a value of a type that only this process knows becomes its text.
func appendAttr(to []wireAttr, prefix string, a slog.Attr) []wireAttr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, inner := range v.Group() {
			to = appendAttr(to, prefix, inner)
		}
		return to
	}
	if a.Key == "" && v.Any() == nil {
		return to
	}
	w := wireAttr{Key: prefix + a.Key}
	switch v.Kind() {
	case slog.KindString, slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindBool:
		w.Value = v.Any()
	case slog.KindDuration:
		w.Value = v.Duration().String()
	case slog.KindTime:
		w.Value = v.Time().Format(time.RFC3339Nano)
	default:
		w.Value = text(v.Any())
	}
	return append(to, w)
}

// text formats a value, whose methods may panic; fmt catches that.
func text(v any) string { return shorten(fmt.Sprint(v)) }
