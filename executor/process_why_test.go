package executor_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var overflow = executor.RegisterAction("test.overflow", func(context.Context) error {
	// Some goroutines, for the dump to be long.
	for range 100 {
		go func() { select {} }()
	}
	debug.SetMaxStack(1 << 20)
	return deeper(math.MaxInt)
})

// deeper calls itself n times.
func deeper(n int) error {
	if n == 0 {
		return nil
	}
	return deeper(n - 1)
}

// A crash says why, also where the kernel's answer is only that of a SIGKILL.
func TestACrashSaysWhy(t *testing.T) {
	var log bytes.Buffer
	cfg := executor.ProcessConfig{Workers: 1, Grace: 50 * time.Millisecond, Stderr: io.Discard, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	crashOf := func(t *testing.T, p *executor.ProcessPool, call executor.Call[executor.None]) *executor.CrashError {
		t.Helper()
		_, err := await(t, submit(t, p, call))
		var crash *executor.CrashError
		require.ErrorAs(t, err, &crash)
		return crash
	}
	t.Run("the stack overflowed", func(t *testing.T) {
		p := newProcessPool(t, cfg)
		crash := crashOf(t, p, overflow.Bind())
		require.Equal(t, 2, crash.ExitCode)
		require.ErrorContains(t, crash, "last on stderr: fatal error: stack overflow")
		require.Contains(t, crash.Stderr, "\nfatal error: stack overflow"[1:])
		require.NotContains(t, crash.Error(), "\n")
	})
	t.Run("another program killed it", func(t *testing.T) {
		p := newProcessPool(t, cfg)
		f := submit(t, p, hang.Bind())
		require.NoError(t, killProcess(runningPID(t, p)))
		_, err := await(t, f)
		var crash *executor.CrashError
		require.ErrorAs(t, err, &crash)
		require.NoError(t, crash.Err)
	})
	t.Run("it ignored its cancellation", func(t *testing.T) {
		for name, cfg := range map[string]executor.ProcessConfig{
			"of the future": cfg,
			"by Timeout": func() executor.ProcessConfig {
				cfg := cfg
				cfg.Timeout = 10 * time.Millisecond
				return cfg
			}(),
		} {
			log.Reset()
			p := newProcessPool(t, cfg)
			f := submit(t, p, deaf.Bind(""))
			if cfg.Timeout == 0 {
				runningPID(t, p)
				f.Cancel()
			}
			_, err := await(t, f)
			var crash *executor.CrashError
			require.ErrorAs(t, err, &crash, name)
			require.ErrorContains(t, crash, "it ignored its cancellation for 50ms (Grace)")
			require.NoError(t, p.Shutdown(t.Context()))
			require.Contains(t, log.String(), "a worker process was ended")
			require.Contains(t, log.String(), "ignored its cancellation for 50ms (Grace)")
			require.NotContains(t, log.String(), "a worker process died")
		}
	})
}
