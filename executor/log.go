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

func (h *safeHandler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	h.call(func() { enabled = h.inner.Enabled(ctx, level) })
	return enabled
}

// wantsDebug reports whether l, which comes from safely, wants records of every call. It
// is asked for every batch of results, so the handler is called in place: one that
// ends the goroutine, which must be able to bear that, is not asked again.
func wantsDebug(ctx context.Context, l *slog.Logger) (wanted bool) {
	h := l.Handler().(*safeHandler)
	if h.broken.Load() {
		return false
	}
	returned := false
	defer func() {
		if !returned {
			r := recover()
			h.report(&foreign.Ended{Value: r, Goexit: r == nil})
		}
	}()
	wanted = h.inner.Enabled(ctx, slog.LevelDebug)
	returned = true
	return wanted
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
