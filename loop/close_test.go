package loop_test

import (
	"context"
	"errors"
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
