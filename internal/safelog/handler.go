package safelog

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// A handler stands for one of the user.
type handler struct {
	*guard

	// The user's handler. One that is derived from another is made when it is
	// needed, for that is a call that may block.
	inner  atomic.Pointer[slog.Handler]
	from   *handler // nil for the first
	derive func(slog.Handler) slog.Handler
}

func newHandler(part string, root slog.Handler) *handler {
	h := &handler{guard: &guard{part: part, root: root}}
	h.inner.Store(&root)
	return h
}

// get returns the user's handler, nil if it cannot be had now.
func (h *handler) get() slog.Handler {
	if inner := h.inner.Load(); inner != nil {
		return *inner
	}
	from := h.from.get()
	if from == nil {
		return nil
	}
	var derived slog.Handler
	switch h.call("", func() { derived = h.derive(from) }) {
	case returned:
	case ended:
		derived = from // better without than not at all
	default:
		return nil
	}
	h.inner.Store(&derived)
	return derived
}

// Enabled reports what the user's handler says. If that is stuck, what is more than
// a detail counts as enabled, so that Handle can count it as lost.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	inner := h.get()
	if inner == nil {
		return level >= slog.LevelInfo
	}
	enabled := false
	switch h.call("", func() { enabled = inner.Enabled(ctx, level) }) {
	case returned:
		return enabled
	case ended:
		return false
	default:
		return level >= slog.LevelInfo
	}
}

// Handle gives the record to the user's handler, or counts it as lost.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	inner := h.get()
	if inner == nil {
		h.dropped.Add(1)
		return nil
	}
	var err error
	switch h.call(r.Message, func() { err = inner.Handle(ctx, r) }) {
	case returned:
		if h.suspect.Load() {
			h.suspect.Store(false)
		}
		return err
	case refused:
		h.dropped.Add(1)
	}
	return nil
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.derived(func(inner slog.Handler) slog.Handler { return inner.WithAttrs(attrs) })
}

func (h *handler) WithGroup(name string) slog.Handler {
	return h.derived(func(inner slog.Handler) slog.Handler { return inner.WithGroup(name) })
}

func (h *handler) derived(derive func(slog.Handler) slog.Handler) slog.Handler {
	return &handler{guard: h.guard, from: h, derive: derive}
}
