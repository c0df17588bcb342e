package executor_test

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// deaf does not listen to its context. Given a folder, it outlives SIGTERM, too: it
// creates the file "ready" there when it does, and "got-sigterm" at the signal.
var deaf = executor.RegisterNoResult("test.deaf", func(_ context.Context, dir string) error {
	if dir == "" {
		select {}
	}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	if err := os.WriteFile(filepath.Join(dir, "ready"), nil, 0o600); err != nil {
		return err
	}
	for range term {
		if err := os.WriteFile(filepath.Join(dir, "got-sigterm"), nil, 0o600); err != nil {
			return err
		}
	}
	return nil
})

func TestProcessCancelRunning(t *testing.T) {
	t.Run("the context of the call ends, with the reason", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
		before, err := await(t, submit(t, p, pid.Bind()))
		require.NoError(t, err)
		f := submit(t, p, nap.Bind(time.Hour))
		runningPID(t, p)
		require.False(t, f.CancelCause(errors.New("enough")))
		_, err = await(t, f)
		require.True(t, future.IsCanceled(err))
		require.ErrorContains(t, err, "enough")
		require.True(t, f.Canceled())
		after, err := await(t, submit(t, p, pid.Bind()))
		require.NoError(t, err)
		require.Equal(t, before, after, "a call that stops costs no worker")
	})
	t.Run("a deadline reaches the worker", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
		require.NoError(t, p.Ready(t.Context()), "or the deadline comes before the worker")
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		f, err := executor.Submit(ctx, p, nap.Bind(time.Hour))
		require.NoError(t, err)
		_, err = await(t, f)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
	t.Run("SIGTERM after the grace", func(t *testing.T) {
		// Grace is also what lies between SIGTERM and SIGKILL: a worker that gets no CPU
		// for that long dies by the second.
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Grace: time.Second, Logger: quiet})
		f := submit(t, p, deaf.Bind(""))
		victim := runningPID(t, p)
		f.Cancel()
		_, err := await(t, f)
		require.True(t, future.IsCanceled(err))
		var crash *executor.CrashError
		require.ErrorAs(t, err, &crash)
		require.Equal(t, syscall.SIGTERM, crash.Signal)
		require.Equal(t, victim, crash.PID)
		next, err := await(t, submit(t, p, pid.Bind()))
		require.NoError(t, err)
		require.NotEqual(t, victim, next)
	})
}

func TestProcessTimeout(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Timeout: 30 * time.Millisecond, Grace: 20 * time.Millisecond, Logger: quiet})
	_, err := await(t, submit(t, p, nap.Bind(time.Hour)))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = await(t, submit(t, p, deaf.Bind("")))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	var crash *executor.CrashError
	require.ErrorAs(t, err, &crash)
	v, err := await(t, submit(t, p, double.Bind(2)))
	require.NoError(t, err)
	require.Equal(t, 4, v)
}

// lingers ends some time after its context.
var lingers = executor.RegisterNoResult("test.lingers", func(ctx context.Context, d time.Duration) error {
	<-ctx.Done()
	<-time.After(d)
	return nil
})

// A call that stops at the last moment: what was to end its worker must not hit the call
// that has begun meanwhile.
func TestTheEndOfAWorkerDoesNotHitTheNextCall(t *testing.T) {
	const grace = 3 * time.Millisecond
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Grace: grace, Logger: quiet})
	for i := range 300 {
		late := submit(t, p, lingers.Bind(grace-time.Duration(i%10)*50*time.Microsecond))
		for !late.Running() {
			runtime.Gosched()
		}
		next := submit(t, p, nap.Bind(2*time.Millisecond))
		late.Cancel()
		_, err := await(t, next)
		require.NoError(t, err, "round %d", i)
		_, _ = await(t, late)
	}
}

func TestProcessCancelQueued(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	first := submit(t, p, nap.Bind(time.Hour))
	runningPID(t, p)
	second := submit(t, p, double.Bind(1))
	require.Equal(t, 1, p.Stats().Queued)
	require.True(t, second.Cancel())
	require.Zero(t, p.Stats().Queued)
	third := submit(t, p, double.Bind(1))
	require.Equal(t, 1, p.CancelPending())
	require.True(t, third.Canceled())
	require.False(t, first.IsDone(), "what runs goes on")
	first.Cancel()
	_, err := await(t, first)
	require.True(t, future.IsCanceled(err))
}

func TestProcessTerminate(t *testing.T) {
	for name, stop := range map[string]func(*executor.ProcessPool){
		"Terminate": (*executor.ProcessPool).Terminate,
		"Kill":      (*executor.ProcessPool).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Logger: quiet})
			running := submit(t, p, hang.Bind())
			runningPID(t, p)
			running2 := submit(t, p, hang.Bind())
			require.Eventually(t, func() bool { return len(p.Running()) == 2 }, 5*time.Second, time.Millisecond)
			queued := submit(t, p, double.Bind(1))
			stop(p)
			for _, f := range []*future.Future[executor.None]{running, running2} {
				_, err := await(t, f)
				var crash *executor.CrashError
				require.ErrorAs(t, err, &crash)
			}
			_, err := await(t, queued)
			require.True(t, future.IsCanceled(err))
			require.NoError(t, p.Shutdown(t.Context()))
			_, err = executor.Submit(t.Context(), p, double.Bind(1))
			require.ErrorIs(t, err, executor.ErrShutdown)
		})
	}
}

// What is sent ahead behind a call that turns out to be long goes elsewhere.
func TestProcessTakesBackWhatWaits(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 2})
	require.NoError(t, p.Ready(t.Context()))
	// The function is known to be short.
	for range 200 {
		_, err := await(t, submit(t, p, nap.Bind(0)))
		require.NoError(t, err)
	}
	long := submit(t, p, nap.Bind(time.Hour))
	var short []*future.Future[executor.None]
	for range 400 {
		short = append(short, submit(t, p, nap.Bind(0)))
	}
	for _, f := range short {
		_, err := await(t, f)
		require.NoError(t, err)
	}
	require.False(t, long.IsDone())
	long.Cancel()
	_, err := await(t, long)
	require.Error(t, err)
}

// unruly is a context of a user whose method ends the goroutine that calls it, once.
type unruly struct {
	context.Context
	armed, spent *atomic.Bool
}

func (c unruly) Value(key any) any {
	// Package context asks with a key of this type; others ask too.
	if _, ok := key.(*int); ok && c.armed.Load() && c.spent.CompareAndSwap(false, true) {
		runtime.Goexit()
	}
	return c.Context.Value(key)
}

// Calls of one context are watched for their cancellation together.
func TestAContextThatEndsGoroutinesHidesNoCancellation(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	_, err := await(t, submit(t, p, nap.Bind(0))) // so that the next is sent ahead
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	defer cancel()
	ctx := unruly{ended, new(atomic.Bool), new(atomic.Bool)}
	ctx.armed.Store(true)
	first, err := executor.Submit(ctx, p, nap.Bind(time.Hour))
	require.NoError(t, err)
	second, err := executor.Submit(ctx, p, nap.Bind(time.Hour))
	require.NoError(t, err)
	require.Eventually(t, ctx.spent.Load, 10*time.Second, time.Millisecond, "the context was not watched")
	second.Cancel()
	_, err = await(t, second)
	require.True(t, future.IsCanceled(err))
	first.Cancel()
	_, err = await(t, first)
	require.True(t, future.IsCanceled(err))
}
