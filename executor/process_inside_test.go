//go:build linux

package executor_test

import (
	"context"
	"runtime"
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

// A panic there ended the goroutine that settles futures, and the pool with it.
func TestAPanicOfAProgressFunctionIsLoggedAndNothingElse(t *testing.T) {
	ctx := executor.WithProgress(t.Context(), func(int) { panic("tired") })
	for name, ex := range map[string]executor.Executor{
		"threads":   newPool(t, executor.ThreadConfig{}),
		"processes": newProcessPool(t, executor.ProcessConfig{Workers: 1}),
	} {
		t.Run(name, func(t *testing.T) {
			f, err := executor.Submit(ctx, ex, counts.Bind(3))
			require.NoError(t, err)
			_, err = await(t, f)
			require.NoError(t, err)
		})
	}
}

// It ended the goroutine that settles futures, and nothing of the worker's was
// settled any more.
func TestProcessSurvivesCallbacksThatEndTheirGoroutine(t *testing.T) {
	tests := map[string]struct {
		cfg   executor.ProcessConfig
		call  executor.Call[executor.None]
		fails bool
	}{
		"of results":         {executor.ProcessConfig{}, counts.Bind(0), false},
		"of crashes":         {executor.ProcessConfig{}, exitWith.Bind(3), true},
		"of crashes, broken": {executor.ProcessConfig{BreakOnCrash: true}, exitWith.Bind(3), true},
		"of a broken pool":   {executor.ProcessConfig{Initializer: fails.Bind("no")}, counts.Bind(0), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.cfg.Workers, tt.cfg.Logger = 1, quiet
			p := newProcessPool(t, tt.cfg)
			var fs []*future.Future[executor.None]
			for range 50 {
				f, err := executor.Submit(t.Context(), p, tt.call)
				if tt.fails && err != nil {
					require.ErrorIs(t, err, executor.ErrBroken)
					break
				}
				require.NoError(t, err)
				f.OnDone(runtime.Goexit)
				fs = append(fs, f)
				if len(fs) == 3 && name == "of crashes" {
					break
				}
			}
			for _, f := range fs {
				_, err := await(t, f)
				require.Equal(t, tt.fails, err != nil, err)
			}
			require.NoError(t, p.Shutdown(t.Context()))
		})
	}
}
