package safelog

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	// debugFor is how long the answer of [Debug] is good for.
	debugFor = 10 * time.Millisecond

	// debugWait is how long Debug waits for an answer; a handler that only
	// looks at its level needs a thousandth of that.
	debugWait = time.Millisecond
)

// A debugLevel knows whether a handler wants records of level debug.
type debugLevel struct {
	wanted atomic.Bool
	fresh  atomic.Bool // wanted is not old
	asking atomic.Bool
}

// Debug reports whether l, which comes from New, wants records of level debug. It may
// be asked for every call: the handler is asked every 10 ms at most, and one that
// takes its time does not hold up the caller, which gets the last answer.
func Debug(ctx context.Context, l *slog.Logger) bool {
	h := l.Handler().(*handler)
	d := &h.debug
	if !d.fresh.Load() && d.asking.CompareAndSwap(false, true) {
		h.askDebug(ctx)
	}
	return d.wanted.Load()
}

func (h *handler) askDebug(ctx context.Context) {
	d := &h.debug
	answered := make(chan struct{})
	go func() {
		d.wanted.Store(h.Enabled(ctx, slog.LevelDebug))
		d.fresh.Store(true)
		d.asking.Store(false)
		close(answered)
		time.AfterFunc(debugFor, func() { d.fresh.Store(false) })
	}()
	timer := time.NewTimer(debugWait)
	defer timer.Stop()
	select {
	case <-answered:
	case <-timer.C:
	}
}
