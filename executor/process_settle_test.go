//go:build linux

package executor_test

import (
	"context"
	"log/slog"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// The goroutine that reads a worker's results runs callbacks of others. What they
// do must cost nobody a result, and not hang the pool.
func TestProcessCallbacksThatDoNotReturnLoseNoResult(t *testing.T) {
	for name, misbehave := range map[string]func(){
		"a panic": func() { panic("oh no") },
		"Goexit":  runtime.Goexit,
	} {
		t.Run("of a progress callback: "+name, func(t *testing.T) {
			var log lines
			p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			reports := 0
			ctx := executor.WithProgress(t.Context(), func(int) {
				reports++
				misbehave()
			})
			noisy, err := executor.Submit(ctx, p, counts.Bind(100))
			require.NoError(t, err)
			var futures []*future.Future[int]
			for i := range 100 {
				futures = append(futures, submit(t, p, double.Bind(i)))
			}
			resultOf(t, noisy)
			require.Equal(t, 100, reports)
			for i, f := range futures {
				require.Equal(t, 2*i, resultOf(t, f))
			}
			if name == "a panic" {
				require.Equal(t, 100, log.count("a progress callback panicked"))
				require.Positive(t, log.count("function=test.counts"))
			}
			require.Equal(t, 1, p.Stats().Workers, "the same worker all the time")
		})
		t.Run("of a done callback: "+name, func(t *testing.T) {
			was := slog.Default()
			slog.SetDefault(quiet)
			defer slog.SetDefault(was)
			p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Logger: quiet})
			blocker := newHolder(t, 0)
			first, second := submit(t, p, held.Bind(blocker)), submit(t, p, held.Bind(blocker))
			var futures []*future.Future[int]
			for i := range 100 {
				f := submit(t, p, double.Bind(i))
				f.OnDone(misbehave)
				futures = append(futures, f)
			}
			crash := submit(t, p, dieBy.Bind(int(syscall.SIGKILL)))
			crash.OnDone(misbehave)
			blocker.Open.Set()
			resultOf(t, first)
			resultOf(t, second)
			for i, f := range futures {
				require.Equal(t, 2*i, resultOf(t, f))
			}
			_, err := await(t, crash)
			require.Error(t, err)
			require.Equal(t, 42, resultOf(t, submit(t, p, double.Bind(21))), "there is a replacement")
		})
		t.Run("of a done callback when the pool breaks: "+name, func(t *testing.T) {
			was := slog.Default()
			slog.SetDefault(quiet)
			defer slog.SetDefault(was)
			p := newProcessPool(t, executor.ProcessConfig{Workers: 1, BreakOnCrash: true, Logger: quiet})
			f := submit(t, p, hang.Bind())
			victim := runningPID(t, p)
			futures := []*future.Future[executor.None]{f}
			for range 10 {
				f := submit(t, p, nap.Bind(0))
				f.OnDone(misbehave)
				futures = append(futures, f)
			}
			require.NoError(t, syscall.Kill(victim, syscall.SIGKILL))
			for _, f := range futures {
				_, err := await(t, f)
				require.ErrorIs(t, err, executor.ErrBroken)
			}
			require.NoError(t, p.Shutdown(context.Background()))
		})
	}
}

// The pool calls its logger without its mutex: a handler may look at the pool.
func TestProcessLoggersMayLookAtThePool(t *testing.T) {
	looking := &looksAtPool{Handler: slog.DiscardHandler}
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, MaxTasks: 2, WarnAfter: 1, Logger: slog.New(looking)})
	looking.pool = p
	for i := range 4 {
		require.Equal(t, 2*i, resultOf(t, submit(t, p, double.Bind(i))))
	}
	_, err := await(t, submit(t, p, exitWith.Bind(1)))
	require.Error(t, err)
	require.Equal(t, 2, resultOf(t, submit(t, p, double.Bind(1))))
}

type looksAtPool struct {
	slog.Handler
	pool *executor.ProcessPool
}

func (h *looksAtPool) Enabled(context.Context, slog.Level) bool { return true }

func (h *looksAtPool) Handle(context.Context, slog.Record) error {
	h.pool.Stats()
	return nil
}
