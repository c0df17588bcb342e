package executor_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var failsToInit = executor.RegisterAction("test.failsToInit", func(context.Context) error { return errTest })

// Where many futures are settled at once, a callback of one that ends its goroutine
// does not keep the others from it.
func TestACallbackThatEndsItsGoroutineKeepsNoOtherFromItsOutcome(t *testing.T) {
	type pool interface {
		executor.Executor
		CancelPending() int
	}
	threads := func(t *testing.T, init executor.Call[executor.None]) pool {
		t.Helper()
		p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1, Initializer: init})
		require.NoError(t, err)
		return p
	}
	processes := func(t *testing.T, init executor.Call[executor.None]) pool {
		t.Helper()
		return newProcessPool(t, executor.ProcessConfig{Workers: 1, Initializer: init, Logger: quiet})
	}
	elsewhere := func(fn func()) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			fn()
		}()
		<-done
	}
	ends := map[string]func(p pool){
		"CancelPending": func(p pool) { p.CancelPending() },
		"ShutdownNow, Kill": func(p pool) {
			switch p := p.(type) {
			case *executor.ThreadPool:
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				_ = p.ShutdownNow(ctx)
			case *executor.ProcessPool:
				p.Kill()
			}
		},
		"a broken initializer": nil,
	}
	for kind, make := range map[string]func(*testing.T, executor.Call[executor.None]) pool{"goroutines": threads, "processes": processes} {
		for how, end := range ends {
			t.Run(kind+"/"+how, func(t *testing.T) {
				var init executor.Call[executor.None]
				if end == nil {
					init = failsToInit.Bind()
				}
				p := make(t, init)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var futures []*future.Future[executor.None]
				for range 50 {
					f, err := executor.Submit(ctx, p, waitsForItsContext.Bind())
					if err != nil {
						require.Nil(t, end) // it broke already
						break
					}
					elsewhere(func() { f.OnDone(runtime.Goexit) })
					futures = append(futures, f)
				}
				if end != nil {
					elsewhere(func() { end(p) })
				}
				for _, f := range futures[min(1, len(futures)):] {
					_, err := await(t, f)
					require.Error(t, err)
				}
				cancel()
				require.NoError(t, p.Shutdown(t.Context()))
			})
		}
	}
}
