package executor_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

var (
	// flaky appends a line to a file and dies until there are enough.
	flaky = executor.Register("test.flaky", func(_ context.Context, a flakyArg) (int, error) {
		f, err := os.OpenFile(a.File, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return 0, err
		}
		_, _ = f.WriteString("x")
		info, err := f.Stat()
		if err != nil {
			return 0, err
		}
		if int(info.Size()) <= a.Deaths {
			os.Exit(9)
		}
		return int(info.Size()), nil
	})

	counts = executor.RegisterNoResult("test.counts", func(ctx context.Context, n int) error {
		for i := range n {
			executor.Progress(ctx, i)
		}
		return nil
	})

	logs = executor.RegisterNoResult("test.logs", func(_ context.Context, s string) error {
		slog.With("with", 1).WithGroup("group").Info(s, "key", time.Second)
		slog.Debug("not wanted")
		return nil
	})

	hog []byte

	grow = executor.RegisterNoResult("test.grow", func(_ context.Context, n int) error {
		hog = bytes.Repeat([]byte("x"), n)
		return nil
	})

	makeValue = executor.Register("test.makeValue", func(_ context.Context, v int64) (*shared.Value[int64], error) {
		return shared.NewValue(v)
	})

	addTo = executor.Register("test.addTo", func(_ context.Context, v *shared.Value[int64]) (int64, error) {
		return v.Update(func(n int64) int64 { return n + 1 })
	})
)

type flakyArg struct {
	File   string
	Deaths int
}

func TestProcessRetry(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Retry: 2, Logger: quiet})
	n, err := await(t, submit(t, p, flaky.Bind(flakyArg{filepath.Join(t.TempDir(), "a"), 2})))
	require.NoError(t, err)
	require.Equal(t, 3, n)
	_, err = await(t, submit(t, p, flaky.Bind(flakyArg{filepath.Join(t.TempDir(), "b"), 100})))
	var poison *executor.PoisonError
	require.ErrorAs(t, err, &poison)
	require.Equal(t, 3, poison.Attempts)
	var crash *executor.CrashError
	require.ErrorAs(t, err, &crash)
	require.Equal(t, 9, crash.ExitCode)
}

func TestProcessBreakOnCrash(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, BreakOnCrash: true, Logger: quiet})
	f := submit(t, p, exitWith.Bind(4))
	queued := submit(t, p, double.Bind(1))
	for _, err := range []error{errOf(t, f), errOf(t, queued)} {
		require.ErrorIs(t, err, executor.ErrBroken)
		var crash *executor.CrashError
		require.ErrorAs(t, err, &crash)
		require.Equal(t, 4, crash.ExitCode)
	}
	_, err := executor.Submit(t.Context(), p, double.Bind(1))
	require.ErrorIs(t, err, executor.ErrBroken)
}

func errOf[R any](t *testing.T, f *future.Future[R]) error {
	t.Helper()
	_, err := await(t, f)
	return err
}

// CPython 3.11 to 3.15 deadlocks here: gh-115634.
func TestProcessMaxTasks(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 7} {
		var buf exampletest.Buffer
		p := newProcessPool(t, executor.ProcessConfig{Workers: 2, MaxTasks: limit, Logger: slog.New(slog.NewTextHandler(&buf, nil))})
		var futures []*future.Future[int]
		for range 40 {
			futures = append(futures, submit(t, p, pid.Bind()))
		}
		seen := map[int]int{}
		for _, f := range futures {
			worker, err := await(t, f)
			require.NoError(t, err)
			seen[worker]++
			require.LessOrEqual(t, seen[worker], limit)
		}
		require.GreaterOrEqual(t, len(seen), 40/limit)
		require.NoError(t, p.Shutdown(t.Context()))
		require.Equal(t, 1, strings.Count(buf.String(), "number of calls"), "announced once")
	}
}

// A pool that recycles does it all the time: it is announced once for each reason,
// and then at debug level.
func TestProcessRecyclingIsAnnouncedOncePerReason(t *testing.T) {
	run := func(t *testing.T, cfg executor.ProcessConfig, work ...executor.Call[executor.None]) *exampletest.Buffer {
		var log exampletest.Buffer
		cfg.Workers, cfg.Prefetch = 1, -1
		cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		p := newProcessPool(t, cfg)
		for _, call := range work {
			_, err := await(t, submit(t, p, call))
			require.NoError(t, err)
		}
		require.NoError(t, p.Shutdown(t.Context()))
		return &log
	}
	quick, large := nap.Bind(0), grow.Bind(200<<20)
	check := func(log *exampletest.Buffer, reason string, times int) {
		t.Helper()
		require.Equal(t, times, log.Count(reason))
		require.Equal(t, 1, log.Count(`level=INFO msg="executor: a worker process is replaced, because `+reason))
		require.Equal(t, times-1, log.Count(`level=DEBUG msg="executor: a worker process is replaced, because `+reason))
	}
	check(run(t, executor.ProcessConfig{MaxTasks: 1}, quick, quick, quick), "it has run its number of calls", 3)
	check(run(t, executor.ProcessConfig{MaxAge: 1}, quick, quick, quick), "it has reached its age", 3)
	check(run(t, executor.ProcessConfig{MaxRSS: 1}, quick, quick, quick), "it has become too large", 3)
	// One reason does not hide another.
	both := run(t, executor.ProcessConfig{MaxTasks: 2, MaxRSS: 100 << 20}, quick, quick, large, quick, quick, large)
	check(both, "it has run its number of calls", 2)
	check(both, "it has become too large", 2)
}

func TestProcessMaxRSSAndAge(t *testing.T) {
	t.Run("size", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, MaxRSS: 100 << 20, Logger: quiet})
		before, err := await(t, submit(t, p, pid.Bind()))
		require.NoError(t, err)
		_, err = await(t, submit(t, p, grow.Bind(200<<20)))
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			after, err := await(t, submit(t, p, pid.Bind()))
			require.NoError(t, err)
			return before != after
		}, 5*time.Second, 20*time.Millisecond)
	})
	t.Run("age", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, MaxAge: 30 * time.Millisecond, Logger: quiet})
		before, err := await(t, submit(t, p, pid.Bind()))
		require.NoError(t, err)
		_, err = await(t, submit(t, p, nap.Bind(40*time.Millisecond)))
		require.NoError(t, err)
		after, err := await(t, submit(t, p, pid.Bind()))
		require.NoError(t, err)
		require.NotEqual(t, before, after)
	})
	t.Run("idleness", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 2, IdleTimeout: 20 * time.Millisecond, Logger: quiet})
		require.NoError(t, p.Ready(t.Context()))
		require.Eventually(t, func() bool { return p.Stats().Workers == 0 }, 5*time.Second, time.Millisecond)
		v, err := await(t, submit(t, p, double.Bind(1)))
		require.NoError(t, err)
		require.Equal(t, 2, v)
	})
}

func TestProcessReady(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 3})
	require.NoError(t, p.Ready(t.Context()))
	s := p.Stats()
	require.Equal(t, 3, s.Workers)
	require.Equal(t, 3, s.Idle)
	require.NoError(t, p.Ready(t.Context()), "twice")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	require.ErrorIs(t, q.Ready(ctx), context.Canceled)
}

func TestProcessOnDemand(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 4})
	for i := range 20 {
		_, err := await(t, submit(t, p, double.Bind(i)))
		require.NoError(t, err)
	}
	require.Equal(t, 1, p.Stats().Workers, "an idle worker is used first")
}

func TestProcessMaxPending(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, MaxPending: 1, Logger: quiet})
	running := submit(t, p, nap.Bind(time.Hour))
	runningPID(t, p)
	queued := submit(t, p, double.Bind(1))
	_, err := executor.TrySubmit(t.Context(), p, double.Bind(2))
	require.ErrorIs(t, err, executor.ErrQueueFull)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = executor.Submit(ctx, p, double.Bind(2))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	running.Cancel()
	v, err := await(t, submit(t, p, double.Bind(3)))
	require.NoError(t, err)
	require.Equal(t, 6, v)
	_, err = await(t, queued)
	require.NoError(t, err)
}

func TestProcessProgress(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	var got []int
	ctx := executor.WithProgress(t.Context(), func(i int) { got = append(got, i) })
	f, err := executor.Submit(ctx, p, counts.Bind(5000))
	require.NoError(t, err)
	_, err = await(t, f)
	require.NoError(t, err)
	require.Len(t, got, 5000)
	require.True(t, slices.IsSorted(got))
	_, err = await(t, submit(t, p, counts.Bind(10)))
	require.NoError(t, err, "nobody listens")
}

func TestProcessLog(t *testing.T) {
	var buf exampletest.Buffer
	p := newProcessPool(t, executor.ProcessConfig{Name: "logging", Workers: 1, Logger: slog.New(slog.NewTextHandler(&buf, nil))})
	_, err := await(t, submit(t, p, logs.Bind("hello")))
	require.NoError(t, err)
	require.NoError(t, p.Shutdown(t.Context()))
	require.Contains(t, buf.String(), `level=INFO msg=hello worker=logging_0`)
	require.Contains(t, buf.String(), `function=test.logs`)
	require.Contains(t, buf.String(), `with=1 group.key=1s`)
	require.NotContains(t, buf.String(), "not wanted")
}

// A handle in a result: the worker's own variable is gone when the parent asks
// for the memory, and the worker itself is about to be replaced.
func TestProcessHandles(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 2, MaxTasks: 1, Logger: quiet})
	for i := range int64(20) {
		v, err := await(t, submit(t, p, makeValue.Bind(i)))
		require.NoError(t, err)
		require.Equal(t, i, v.Load())
		n, err := await(t, submit(t, p, addTo.Bind(v)))
		require.NoError(t, err)
		require.Equal(t, i+1, n)
		require.Equal(t, i+1, v.Load())
		require.NoError(t, v.Close())
	}
	_, err := handoff.Fetch(handoff.Ref{})
	require.Error(t, err, "a process that is not connected")
}
