package executor

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
)

// safely returns a logger that writes to l. Handlers are code of the user, and so are
// the methods of what is logged: whatever they do, the goroutine of the pool that
// logs goes on.
func safely(l *slog.Logger) *slog.Logger {
	h := l.Handler()
	if _, ok := h.(*safeHandler); ok {
		return l
	}
	return slog.New(&safeHandler{inner: h, broken: new(atomic.Bool)})
}

type safeHandler struct {
	inner  slog.Handler
	broken *atomic.Bool // a method of inner did not return, which was reported
}

// Enabled is asked for every batch of results, so it is called in place: a handler
// that ends the goroutine here is not asked again.
func (h *safeHandler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	if h.broken.Load() {
		return level > slog.LevelDebug // there is Handle still
	}
	if level > slog.LevelDebug {
		// Rare, and whoever logs a warning has more to do.
		h.call(func() { enabled = h.inner.Enabled(ctx, level) })
		return enabled
	}
	returned := false
	defer func() {
		if !returned {
			r := recover()
			h.report(&foreign.Ended{Value: r, Goexit: r == nil})
		}
	}()
	enabled = h.inner.Enabled(ctx, level)
	returned = true
	return enabled
}

func (h *safeHandler) Handle(ctx context.Context, r slog.Record) (err error) {
	h.call(func() { err = h.inner.Handle(ctx, r) })
	return err
}

func (h *safeHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	inner := h.inner
	h.call(func() { inner = h.inner.WithAttrs(attrs) })
	return &safeHandler{inner, h.broken}
}

func (h *safeHandler) WithGroup(name string) slog.Handler {
	inner := h.inner
	h.call(func() { inner = h.inner.WithGroup(name) })
	return &safeHandler{inner, h.broken}
}

func (h *safeHandler) call(fn func()) {
	if e := foreign.Call(fn); e != nil {
		h.report(e)
	}
}

// report says once that the handler failed. It cannot be logged.
func (h *safeHandler) report(e *foreign.Ended) {
	if !h.broken.Swap(true) {
		_, _ = fmt.Fprintf(os.Stderr, "executor: the handler %T of a pool's logger ended with %v\n%s", h.inner, e, e.Stack)
	}
}
