package child

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A logHandler is the default slog handler of a worker process: it sends the
// records to the parent, whose logger gets them with the names of worker and call.
type logHandler struct {
	server *server
	level  slog.Level
	attrs  []Attr // of WithAttrs
	prefix string // of WithGroup
}

// Enabled reports whether the parent wants records of this level.
func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// Handle sends the record.
func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	wr := Record{Time: r.Time.UnixNano(), Level: int(r.Level), Message: r.Message, Attrs: append([]Attr(nil), h.attrs...)}
	if r.Time.IsZero() {
		wr.Time = time.Now().UnixNano()
	}
	r.Attrs(func(a slog.Attr) bool {
		wr.Attrs = appendAttr(wr.Attrs, h.prefix, a)
		return true
	})
	b, err := h.server.program.EncodeRecord(&wr)
	if err != nil {
		return fmt.Errorf("executor: log record: %w", err)
	}
	h.server.send(wire.Result{ID: h.server.control.current(), Status: wire.ReportLog, Body: b}, nil)
	return nil
}

// WithAttrs returns a handler whose records have the attributes as well.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append([]Attr(nil), h.attrs...)
	for _, a := range attrs {
		c.attrs = appendAttr(c.attrs, h.prefix, a)
	}
	return &c
}

// WithGroup returns a handler that puts the name in front of later keys.
func (h *logHandler) WithGroup(name string) slog.Handler {
	c := *h
	if name != "" {
		c.prefix += name + "."
	}
	return &c
}

// appendAttr appends a in a form that can travel. Groups become parts of the key;
// a value of a type that only this process knows becomes its text.
func appendAttr(to []Attr, prefix string, a slog.Attr) []Attr {
	v := a.Value
	if v.Kind() == slog.KindLogValuer {
		// Its methods may end the goroutine, which is that of the call.
		if e := foreign.Call(func() { v = v.Resolve() }); e != nil {
			v = slog.StringValue("LogValue ended with " + e.String())
		}
	}
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
	w := Attr{Key: prefix + a.Key}
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

// text formats a value, whose methods may do anything.
func text(v any) string {
	s := foreign.Print(v)
	if len(s) > maxText {
		s = s[:maxText] + fmt.Sprintf("… (%d bytes more)", len(s)-maxText)
	}
	return s
}

// maxText is how much of a value's text travels.
const maxText = 64 << 10
