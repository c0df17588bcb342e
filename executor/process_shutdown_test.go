package executor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// A callback runs on a goroutine of the pool, and Shutdown there waited for itself,
// after a crash even beyond the end of its context.
func TestProcessShutdownInACallback(t *testing.T) {
	for name, end := range map[string]func(*executor.ProcessPool, *future.Future[executor.None]){
		"of a call that was canceled":       func(_ *executor.ProcessPool, f *future.Future[executor.None]) { f.Cancel() },
		"of a call whose worker was killed": func(p *executor.ProcessPool, _ *future.Future[executor.None]) { p.Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
			f := submit(t, p, nap.Bind(time.Hour))
			runningPID(t, p)
			shutdown, closeAll := make(chan error, 1), make(chan error, 1)
			f.OnDone(func() {
				shutdown <- p.Shutdown(context.Background())
				closeAll <- executor.CloseAll(context.Background())
			})
			end(p, f)
			require.ErrorIs(t, <-shutdown, executor.ErrInsideItself)
			require.Contains(t, []error{nil, executor.ErrInsideItself}, <-closeAll, "nil if nothing of the pool is left")
			_, err := executor.Submit(t.Context(), p, pid.Bind())
			require.ErrorIs(t, err, executor.ErrShutdown, "the shutdown has begun")
			require.NoError(t, p.Shutdown(t.Context()))
		})
	}
}

// Kill ended the workers, and those that came in their place began the calls
// again.
func TestProcessKillIsNoReasonToRetry(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Retry: 100, Logger: quiet})
	f := submit(t, p, nap.Bind(time.Hour))
	runningPID(t, p)
	p.Kill()
	require.NoError(t, p.Shutdown(t.Context()))
	var crash *executor.CrashError
	_, err := await(t, f)
	require.ErrorAs(t, err, &crash)
}

func TestProcessKillBreaksNoPool(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, BreakOnCrash: true, Logger: quiet})
	f := submit(t, p, nap.Bind(time.Hour))
	runningPID(t, p)
	p.Kill()
	require.NoError(t, p.Shutdown(t.Context()))
	_, err := await(t, f)
	require.Error(t, err)
	require.NotErrorIs(t, err, executor.ErrBroken)
	_, err = executor.Submit(t.Context(), p, pid.Bind())
	require.ErrorIs(t, err, executor.ErrShutdown)
}
