package loop_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestCloseUnwindsSuspendedTasksAndNamesThem(t *testing.T) {
	l := newLoop(t)
	var reported []loop.ExceptionContext
	l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) { reported = append(reported, ec) })
	deferred := false
	task := loop.CreateTask(l.Context(), func(ctx context.Context) (int, error) {
		defer func() {
			deferred = true
			_ = loop.Sleep(ctx, time.Hour) // cannot wait any more, and must not hang
		}()
		_ = loop.Sleep(ctx, time.Hour)
		t.Error("went on after the loop was closed")
		return 0, nil
	}, loop.WithName("sleeper"))
	unstarted := loop.CreateTask(l.Context(), func(context.Context) (int, error) { return 0, nil }, loop.WithName("waiter"))
	first := true
	soon(t, l, l.Stop)
	require.NoError(t, l.RunForever())
	late := loop.CreateTask(l.Context(), func(context.Context) (int, error) {
		first = false
		return 0, nil
	}, loop.WithName("never"))
	require.NoError(t, l.Close())
	require.True(t, deferred)
	require.True(t, first)
	require.ErrorIs(t, task.Err(), loop.ErrClosed)
	require.ErrorIs(t, late.Err(), loop.ErrClosed)
	require.NoError(t, unstarted.Err())
	var names []string
	for _, ec := range reported {
		names = append(names, ec.Task)
	}
	require.Equal(t, []string{"sleeper", "never"}, names)
}

func TestAnErrorNobodyLookedAtIsReportedWhenTheLoopCloses(t *testing.T) {
	l := newLoop(t)
	var reported []error
	l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) { reported = append(reported, ec.Err) })
	boom, seen := errors.New("boom"), errors.New("seen")
	keep := []*loop.Task[int]{
		loop.CreateTask(l.Context(), func(context.Context) (int, error) { return 0, boom }),
		loop.CreateTask(l.Context(), func(context.Context) (int, error) { return 0, seen }),
	}
	_ = l.RunUntilComplete(future.GatherOutcomes(keep[1]))
	require.ErrorIs(t, keep[1].Err(), seen)
	require.NoError(t, l.Close())
	require.Equal(t, []error{boom}, reported)
	runtime.KeepAlive(keep)
}

func TestAnErrorNobodyCanLookAtIsReportedWhileTheLoopRuns(t *testing.T) {
	l := newLoop(t)
	boom := errors.New("boom")
	reported := make(chan error, 1)
	l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) {
		reported <- ec.Err
		l.Stop()
	})
	loop.CreateTask(l.Context(), func(context.Context) (int, error) { return 0, boom })
	var collect func()
	collect = func() {
		runtime.GC()
		_, err := l.CallLater(time.Millisecond, collect)
		require.NoError(t, err)
	}
	soon(t, l, collect)
	require.NoError(t, l.RunForever())
	require.ErrorIs(t, <-reported, boom)
}

func TestALoopThatNobodyClosesLeavesNoGoroutines(t *testing.T) {
	l := loop.New(loop.Config{})
	before := runtime.NumGoroutine()
	for range 3 {
		require.NoError(t, l.RunUntilComplete(loop.CreateTask(l.Context(), func(ctx context.Context) (int, error) {
			return 0, loop.Sleep(ctx, 0)
		})))
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before) // less if one of an earlier test was just ending
}

func TestALoopMayGoOnOnAnotherGoroutineAndUnderAThreadLock(t *testing.T) {
	l := newLoop(t)
	job := func(ctx context.Context) (int, error) { return 0, loop.Sleep(ctx, time.Millisecond) }
	require.NoError(t, l.RunUntilComplete(loop.CreateTask(l.Context(), job)))
	errs := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		errs <- l.RunUntilComplete(loop.CreateTask(l.Context(), job))
	}()
	require.NoError(t, <-errs)
}

func TestAClosedLoopRefuses(t *testing.T) {
	l := loop.New(loop.Config{})
	ran := false
	noteRan := func() { ran = true }
	soon(t, l, noteRan)
	_, err := l.CallLater(0, noteRan)
	require.NoError(t, err)
	done := future.NewOn[int](l)
	require.NoError(t, done.SetResult(1))
	require.NoError(t, l.Close())
	require.NoError(t, l.Close(), "closing twice does nothing")
	require.True(t, l.IsClosed())
	require.False(t, l.IsRunning())

	body := func(context.Context) (int, error) { noteRan(); return 0, nil }
	for name, call := range map[string]func() error{
		"CallSoon":            func() error { _, err := l.CallSoon(noteRan); return err },
		"CallSoonThreadsafe":  func() error { _, err := l.CallSoonThreadsafe(noteRan); return err },
		"CallLater":           func() error { _, err := l.CallLater(time.Second, noteRan); return err },
		"CallAt":              func() error { _, err := l.CallAt(l.Time(), noteRan); return err },
		"CreateTask":          func() error { return loop.CreateTask(l.Context(), body).Err() },
		"RunInExecutor":       func() error { return loop.ToThread(l.Context(), body).Err() },
		"RunForever":          l.RunForever,
		"RunUntilComplete":    func() error { return l.RunUntilComplete(done.Future()) },
		"RunOnce":             func() error { _, err := l.RunOnce(); return err },
		"AddSignalHandler":    func() error { return l.AddSignalHandler(os.Interrupt, noteRan) },
		"SetDefaultExecutor":  func() error { return l.SetDefaultExecutor(inline{}) },
		"the handle's Cancel": func() error { h, err := l.CallSoon(noteRan); h.Cancel(); return err },
	} {
		require.ErrorIs(t, call(), loop.ErrClosed, name)
	}
	l.Stop()
	require.False(t, ran, "what was scheduled is dropped")
	require.Equal(t, 1, mustResult(t, done.Future()))
}

func mustResult[T any](t *testing.T, f *future.Future[T]) T {
	t.Helper()
	v, err := f.Result()
	require.NoError(t, err)
	return v
}
