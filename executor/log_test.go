package executor_test

import (
	"context"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// A careless handler does act in one of its methods.
type careless struct {
	in    string
	act   func()
	calls *atomic.Int64 // of that method
}

func (h *careless) do(method string) {
	if method == h.in {
		h.calls.Add(1)
		h.act()
	}
}

func (h *careless) Enabled(context.Context, slog.Level) bool  { h.do("Enabled"); return true }
func (h *careless) Handle(context.Context, slog.Record) error { h.do("Handle"); return nil }
func (h *careless) WithAttrs([]slog.Attr) slog.Handler        { h.do("WithAttrs"); return h }
func (h *careless) WithGroup(string) slog.Handler             { h.do("WithGroup"); return h }

var logsALine = executor.Register("test.logsALine", func(_ context.Context, i int) (int, error) {
	slog.Warn("a line", "i", i)
	return 2 * i, nil
})

// Whatever a logger's handler does: calls go on, each of which is worth a record, and
// so do workers that die, and Shutdown returns.
func TestALoggersTroubleStaysItsOwn(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for what, act := range map[string]func(p statsAndShutdown, gate chan struct{}){
		"blocks":     func(_ statsAndShutdown, gate chan struct{}) { <-gate },
		"panics":     func(statsAndShutdown, chan struct{}) { panic("of the handler") },
		"goexit":     func(statsAndShutdown, chan struct{}) { runtime.Goexit() },
		"calls back": func(p statsAndShutdown, _ chan struct{}) { p.Stats() },
		"shuts down": func(p statsAndShutdown, _ chan struct{}) { _ = p.Shutdown(ended) },
	} {
		for _, method := range []string{"Enabled", "Handle", "WithAttrs"} {
			t.Run(what+" in "+method, func(t *testing.T) {
				var pool atomic.Pointer[statsAndShutdown]
				gate := make(chan struct{})
				defer close(gate)
				h := &careless{in: method, calls: new(atomic.Int64), act: func() {
					if p := pool.Load(); p != nil {
						act(*p, gate)
					}
				}}
				threads := newPool(t, executor.ThreadConfig{Workers: 1, Logger: slog.New(h)})
				processes := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: slog.New(h), Env: []string{"GORACE=atexit_sleep_ms=0"}})
				for _, p := range []statsAndShutdown{threads, processes} {
					pool.Store(&p)
					begin := time.Now()
					for i := range 100 {
						f, err := executor.Submit(t.Context(), p, logsALine.Bind(i))
						if what == "shuts down" && err != nil {
							require.ErrorIs(t, err, executor.ErrShutdown)
							break
						}
						require.NoError(t, err)
						require.Equal(t, 2*i, resultOf(t, f))
						if i == 50 && p == statsAndShutdown(processes) {
							_, _ = executor.Submit(t.Context(), p, exitWith.Bind(1)) // a death is logged
						}
					}
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					require.NoError(t, p.Shutdown(ctx))
					cancel()
					require.Less(t, time.Since(begin), 10*time.Second, "a handler costs a second, once")
				}
				require.Positive(t, h.calls.Load())
			})
		}
	}
}

type statsAndShutdown interface {
	executor.Executor
	Stats() executor.Stats
}
