package executor_test

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

// The goroutine that reads a worker's results runs callbacks of others. What they
// do must cost no call its result, and not hang the pool.
func TestProcessCallbacksThatDoNotReturnLoseNoResult(t *testing.T) {
	for name, misbehave := range map[string]func(){
		"a panic": func() { panic("oh no") },
		"Goexit":  runtime.Goexit,
	} {
		t.Run("of a progress callback: "+name, func(t *testing.T) {
			var log exampletest.Buffer
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
				require.Equal(t, 100, log.Count("a progress callback panicked"))
				require.Positive(t, log.Count("function=test.counts"))
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
			require.NoError(t, killProcess(victim))
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

func TestAProcessPoolsLoggerHearsOfEveryCall(t *testing.T) {
	var log exampletest.Buffer
	p := newProcessPool(t, executor.ProcessConfig{
		Name: "logged", Workers: 1,
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	_, err := await(t, submit(t, p, double.Bind(1).Named("good")))
	require.NoError(t, err)
	_, err = await(t, submit(t, p, fails.Bind("bad luck")))
	require.Error(t, err)
	require.NoError(t, p.Shutdown(t.Context()))
	require.Equal(t, 1, log.Count(`"job completed" pool=logged worker=logged_0 pid=`))
	require.Equal(t, 1, log.Count("function=good"))
	require.Equal(t, 1, log.Count(`"job failed"`))
	require.Equal(t, 1, log.Count("bad luck"))
}

// A handler that panics is the program's mistake; it must cost no result.
func TestAProcessPoolSurvivesItsLogger(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: slog.New(panicking{slog.NewTextHandler(io.Discard, nil)})})
	for i := range 20 {
		v, err := await(t, submit(t, p, double.Bind(i)))
		require.NoError(t, err)
		require.Equal(t, 2*i, v)
	}
}

type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool { return true }

func (panicking) Handle(_ context.Context, r slog.Record) error {
	if r.Level == slog.LevelDebug {
		panic("no paper")
	}
	return nil
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
