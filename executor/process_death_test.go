package executor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

var quiet = slog.New(slog.DiscardHandler)

type unmarshalable struct{ Bad bool }

func (u unmarshalable) MarshalBinary() ([]byte, error) {
	if u.Bad {
		return nil, errors.New("this one does not encode")
	}
	return []byte{1}, nil
}

func (u *unmarshalable) UnmarshalBinary([]byte) error {
	if u.Bad {
		return errors.New("this one does not decode")
	}
	return nil
}

var (
	encodes = executor.RegisterNoResult("test.encodes", func(context.Context, unmarshalable) error { return nil })

	badResult = executor.RegisterNoArg("test.badResult", func(context.Context) (unmarshalable, error) { return unmarshalable{Bad: true}, nil })

	initFails = executor.RegisterNoResult("test.initFails", func(_ context.Context, s string) error { return fmt.Errorf("%s: %w", s, fs.ErrNotExist) })

	initDies = executor.RegisterAction("test.initDies", func(context.Context) error { os.Exit(5); return nil })

	setState = executor.RegisterNoResult("test.setState", func(ctx context.Context, s string) error { executor.SetWorkerState(ctx, s); return nil })

	getState = executor.RegisterNoArg("test.getState", func(ctx context.Context) (string, error) {
		s, _ := executor.WorkerState[string](ctx)
		return s, nil
	})

	complains = executor.RegisterNoResult("test.complains", func(_ context.Context, s string) error {
		fmt.Fprintln(os.Stderr, s)
		os.Exit(3)
		return nil
	})

	// garbage makes the worker send what no worker sends.
	garbage = executor.RegisterNoResult("test.garbage", func(_ context.Context, what string) error {
		in := proc.Parent()
		switch what {
		case "result":
			_, _ = in.Transport.Send([]byte("garbage"), nil)
		case "call id":
			r := wire.Result{ID: 1 << 40}
			_, _ = in.Transport.Send(r.AppendHead(nil), nil)
		case "socket":
			_ = in.Control.Close()
		}
		if _, bell := in.Transport.Wake(); bell { // the parent rests: it waits for the bell
			_ = in.Control.Send(wire.Message{Kind: wire.Bell}, -1)
		}
		select {}
	})
)

func TestProcessConfigErrors(t *testing.T) {
	for field, cfg := range map[string]executor.ProcessConfig{
		"ProcessConfig.Workers":      {Workers: -1},
		"ProcessConfig.MaxPending":   {MaxPending: -1},
		"ProcessConfig.Prefetch":     {Prefetch: 1000},
		"ProcessConfig.StartTimeout": {StartTimeout: -1},
		"ProcessConfig.WarnAfter":    {WarnAfter: -1},
	} {
		_, err := executor.NewProcessPool(cfg)
		var bad *executor.ConfigError
		require.ErrorAs(t, err, &bad)
		require.Equal(t, field, bad.Field)
		require.ErrorContains(t, err, field)
	}
	for _, variable := range []string{"", "NAME", "=value", "A=b\x00C=d"} {
		_, err := executor.NewProcessPool(executor.ProcessConfig{Env: []string{"FINE=", variable}})
		var bad *executor.ConfigError
		require.ErrorAs(t, err, &bad, "%q", variable)
		require.Equal(t, "ProcessConfig.Env", bad.Field)
		require.ErrorContains(t, err, strconv.Quote(variable))
	}
	p := newProcessPool(t, executor.ProcessConfig{})
	require.Positive(t, p.Stats().MaxWorkers, "zero workers mean GOMAXPROCS")
}

func TestProcessRefusesClosures(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{})
	_, err := await(t, submit(t, p, executor.Func(func(context.Context) (int, error) { return 1, nil })))
	require.ErrorIs(t, err, executor.ErrClosure)
	require.ErrorContains(t, err, "executor.Register")
	require.Zero(t, p.Stats().Workers)
}

func TestProcessEncodingErrorsFailOneFuture(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	_, err := await(t, submit(t, p, encodes.Bind(unmarshalable{Bad: true})))
	require.ErrorContains(t, err, "this one does not encode")
	before, err := await(t, submit(t, p, pid.Bind()))
	require.NoError(t, err)
	_, err = await(t, submit(t, p, badResult.Bind()))
	require.ErrorContains(t, err, "this one does not encode")
	after, err := await(t, submit(t, p, pid.Bind()))
	require.NoError(t, err)
	require.Equal(t, before, after, "the worker goes on")
}

func TestProcessErrorsOfWork(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	before, err := await(t, submit(t, p, pid.Bind()))
	require.NoError(t, err)
	_, err = await(t, submit(t, p, fails.Bind("as it happens")))
	require.ErrorContains(t, err, "as it happens")
	_, err = await(t, submit(t, p, panics.Bind("oh no")))
	var panicked *future.PanicError
	require.ErrorAs(t, err, &panicked)
	require.ErrorContains(t, err, "oh no")
	require.Contains(t, string(panicked.Stack), "process_test.go")
	for range 3 {
		_, err = await(t, submit(t, p, goexit.Bind()))
		require.ErrorAs(t, err, &panicked)
		require.True(t, panicked.Goexit)
	}
	after, err := await(t, submit(t, p, pid.Bind()))
	require.NoError(t, err)
	require.Equal(t, before, after, "the worker goes on")
}

func TestProcessCrashError(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet, Stderr: io.Discard})
	requirePromptly(t, func() time.Duration {
		victim, err := await(t, submit(t, p, pid.Bind()))
		require.NoError(t, err)
		begin := time.Now()
		_, err = await(t, submit(t, p, complains.Bind("last words")))
		took := time.Since(begin)
		var crash *executor.CrashError
		require.ErrorAs(t, err, &crash)
		require.Equal(t, victim, crash.PID)
		require.Equal(t, 3, crash.ExitCode)
		require.Equal(t, "test.complains", crash.Function)
		require.Equal(t, "last words\n", crash.Stderr)
		require.ErrorContains(t, err, "last words")
		return took
	})
	requirePromptly(t, func() time.Duration { // in the middle of a call
		f := submit(t, p, hang.Bind())
		victim := runningPID(t, p)
		begin := time.Now()
		require.NoError(t, killProcess(victim))
		_, err := await(t, f)
		took := time.Since(begin)
		var crash *executor.CrashError
		require.ErrorAs(t, err, &crash)
		require.Equal(t, victim, crash.PID)
		require.Equal(t, syscall.SIGKILL, crash.Signal)
		require.Equal(t, -1, crash.ExitCode)
		require.Positive(t, crash.Ran)
		return took
	})
	v, err := await(t, submit(t, p, double.Bind(4)))
	require.NoError(t, err)
	require.Equal(t, 8, v)
}

// runningPID waits until a call runs and returns its worker's pid.
func runningPID(t *testing.T, p *executor.ProcessPool) (pid int) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, r := range p.Running() {
			pid = r.PID
		}
		return pid != 0
	}, 5*time.Second, time.Millisecond)
	return pid
}

func TestProcessGarbageReplacesTheWorker(t *testing.T) {
	for _, what := range []string{"result", "call id", "socket"} {
		t.Run(what, func(t *testing.T) {
			p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
			before, err := await(t, submit(t, p, pid.Bind()))
			require.NoError(t, err)
			_, err = await(t, submit(t, p, garbage.Bind(what)))
			var crash *executor.CrashError
			require.ErrorAs(t, err, &crash)
			require.Equal(t, before, crash.PID)
			if what != "socket" {
				require.ErrorIs(t, err, wire.ErrGarbage)
			}
			after, err := await(t, submit(t, p, pid.Bind()))
			require.NoError(t, err)
			require.NotEqual(t, before, after)
		})
	}
}

func TestProcessCrashSparesTheOthers(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Logger: quiet})
	const n = 4000
	futures := make([]*future.Future[int], n)
	var deaths []*future.Future[executor.None]
	for i := range futures {
		futures[i] = submit(t, p, double.Bind(i))
		if i%500 == 250 {
			deaths = append(deaths, submit(t, p, exitWith.Bind(1)))
		}
	}
	for i, f := range futures {
		v, err := await(t, f)
		require.NoError(t, err, "calls sent ahead go elsewhere")
		require.Equal(t, 2*i, v)
	}
	for _, f := range deaths {
		_, err := await(t, f)
		var crash *executor.CrashError
		require.ErrorAs(t, err, &crash)
		require.Equal(t, "test.exitWith", crash.Function)
	}
}

func TestProcessInitializer(t *testing.T) {
	t.Run("runs before the first call, in replacements too", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Initializer: setState.Bind("ready"), Logger: quiet})
		for range 2 {
			s, err := await(t, submit(t, p, getState.Bind()))
			require.NoError(t, err)
			require.Equal(t, "ready", s)
			_, err = await(t, submit(t, p, exitWith.Bind(0)))
			require.Error(t, err)
		}
	})
	t.Run("an error breaks the pool with that error", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Initializer: initFails.Bind("no config"), Logger: quiet})
		var futures []*future.Future[int]
		for i := range 10 {
			f, err := executor.Submit(t.Context(), p, double.Bind(i))
			if err == nil {
				futures = append(futures, f)
			}
		}
		require.NotEmpty(t, futures)
		check := func(err error) {
			var bad *executor.InitError
			require.ErrorAs(t, err, &bad)
			require.ErrorIs(t, err, executor.ErrBroken)
			require.ErrorIs(t, err, fs.ErrNotExist)
			require.ErrorContains(t, err, "no config")
		}
		for _, f := range futures {
			_, err := await(t, f)
			check(err)
		}
		_, err := executor.Submit(t.Context(), p, double.Bind(1))
		check(err)
		check(p.Ready(t.Context()))
	})
	t.Run("that kills its process breaks the pool after some attempts", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Initializer: initDies.Bind(), Logger: quiet})
		_, err := await(t, submit(t, p, double.Bind(1)))
		require.ErrorIs(t, err, executor.ErrBroken)
		var start *executor.StartError
		require.ErrorAs(t, err, &start)
		require.ErrorContains(t, err, "exit code 5")
	})
}

func TestProcessAfterShutdown(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	f := submit(t, p, double.Bind(3))
	require.NoError(t, p.Shutdown(t.Context()))
	v, err := await(t, f)
	require.NoError(t, err, "accepted before")
	require.Equal(t, 6, v)
	_, err = executor.Submit(t.Context(), p, double.Bind(1))
	require.ErrorIs(t, err, executor.ErrShutdown)
	require.ErrorIs(t, p.Ready(t.Context()), executor.ErrShutdown)
	require.NoError(t, p.Shutdown(t.Context()), "twice")
	require.Zero(t, p.CancelPending())
	p.Terminate()
	p.Kill()
	require.Zero(t, p.Stats().Workers)
}

func TestProcessShutdownFinishesTheQueue(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 2})
	var futures []*future.Future[executor.None]
	for range 20 {
		futures = append(futures, submit(t, p, nap.Bind(5*time.Millisecond)))
	}
	require.NoError(t, p.Shutdown(t.Context()))
	for _, f := range futures {
		require.True(t, f.IsDone())
		require.NoError(t, f.Err())
	}
}

func TestProcessShutdownTimesOut(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
	f := submit(t, p, hang.Bind())
	queued := submit(t, p, hang.Bind())
	pid := runningPID(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := p.Shutdown(ctx)
	var late *executor.ShutdownError
	require.ErrorAs(t, err, &late)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Len(t, late.Running, 1)
	require.Equal(t, pid, late.Running[0].PID)
	require.Equal(t, "test.hang", late.Running[0].Function)
	require.Equal(t, 1, late.Queued)
	p.Kill()
	_, err = await(t, f)
	var crash *executor.CrashError
	require.ErrorAs(t, err, &crash)
	_, err = await(t, queued)
	require.True(t, future.IsCanceled(err))
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestProcessOutput(t *testing.T) {
	var out, errs exampletest.Buffer
	p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Stdout: &out, Stderr: &errs})
	var futures []*future.Future[executor.None]
	for i := range 50 {
		futures = append(futures, submit(t, p, prints.Bind(i)))
	}
	for _, f := range futures {
		_, err := await(t, f)
		require.NoError(t, err)
	}
	require.NoError(t, p.Shutdown(t.Context()))
	for i := range 50 {
		require.Contains(t, out.String(), fmt.Sprintf("out %d of it\n", i))
		require.Contains(t, errs.String(), fmt.Sprintf("err %d of it\n", i))
	}
	require.Equal(t, 50, strings.Count(out.String(), "\n"))
}

var prints = executor.RegisterNoResult("test.prints", func(_ context.Context, i int) error {
	fmt.Printf("out %d of it\n", i)
	fmt.Fprintf(os.Stderr, "err %d ", i)
	fmt.Fprintf(os.Stderr, "of it\n")
	return nil
})
