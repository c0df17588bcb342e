package loop_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestAReportOfAnErrorNobodyLookedAtSaysWhoseItIs(t *testing.T) {
	l := newLoop(t)
	var heard []loop.ExceptionContext
	l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) { heard = append(heard, ec) })
	ofTask, ofFuture := errors.New("of the task"), errors.New("of the future")
	task := loop.CreateTask(l.Context(), func(context.Context) (none, error) { return none{}, ofTask }, loop.WithName("careless"))
	p := future.NewOn[none](l)
	soon(t, l, func() {
		require.NoError(t, p.SetError(ofFuture))
		l.Stop()
	})
	require.NoError(t, l.RunForever())
	require.NoError(t, l.Close())
	require.Len(t, heard, 2)
	require.Equal(t, "Task exception was never retrieved", heard[0].Message)
	require.Equal(t, "careless", heard[0].Task)
	require.ErrorIs(t, heard[0].Err, ofTask)
	require.Equal(t, "Future exception was never retrieved", heard[1].Message)
	require.Empty(t, heard[1].Task)
	require.ErrorIs(t, heard[1].Err, ofFuture)
	require.ErrorIs(t, task.Err(), ofTask)
	require.ErrorIs(t, p.Future().Err(), ofFuture)
}

func TestAnExceptionHandlerRunsOutsideTheTaskOfWhichItHears(t *testing.T) {
	l := newLoop(t)
	var inside loop.AnyTask
	called := false
	l.SetExceptionHandler(func(l *loop.Loop, _ loop.ExceptionContext) {
		called, inside = true, loop.CurrentTask(l.Context())
	})
	soon(t, l, func() {
		defer l.Stop()
		panic("in a callback")
	})
	require.NoError(t, l.RunForever())
	require.True(t, called)
	require.Nil(t, inside)
}

func TestPanicInACallbackIsReportedAndTheLoopGoesOn(t *testing.T) {
	l := newLoop(t)
	var seen []loop.ExceptionContext
	l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) { seen = append(seen, ec) })
	boom := errors.New("boom")
	soon(t, l, func() { panic(boom) })
	_, err := l.CallLater(0, func() { panic("timed") })
	require.NoError(t, err)
	soon(t, l, func() { soon(t, l, l.Stop) })
	require.NoError(t, l.RunForever())
	require.Len(t, seen, 2)
	require.ErrorIs(t, seen[0].Err, boom)
	require.Contains(t, seen[0].Callback, "TestPanicInACallback")
	var p *future.PanicError
	require.ErrorAs(t, seen[1].Err, &p)
	require.Equal(t, "timed", p.Value)
	require.Contains(t, string(p.Stack), "exception_test.go")
}

func TestPanickingExceptionHandlerFallsBackToTheDefault(t *testing.T) {
	l := newLoop(t)
	l.SetExceptionHandler(func(*loop.Loop, loop.ExceptionContext) { panic("handler") })
	soon(t, l, func() { panic("callback") })
	soon(t, l, l.Stop)
	require.NoError(t, l.RunForever())
}

func TestTheExceptionHandlerHearsOfTasksNobodyAwaited(t *testing.T) {
	boom := errors.New("boom")
	var text logged
	l := loop.New(loop.Config{Logger: text.logger()})
	loop.CreateTask(l.Context(), func(context.Context) (int, error) { return 0, boom }, loop.WithName("lonely"))
	soon(t, l, func() { soon(t, l, l.Stop) })
	require.NoError(t, l.RunForever())
	require.NoError(t, l.Close())
	require.Contains(t, text.String(), "error=boom")
}

func TestAReportOfAnExecutorsErrorNobodyLookedAtNamesTheFunction(t *testing.T) {
	l := newLoop(t)
	heard := make(chan loop.ExceptionContext, 1)
	l.SetExceptionHandler(func(l *loop.Loop, ec loop.ExceptionContext) { heard <- ec })
	failed := errors.New("of the work")
	loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
		work := executor.Func(func(context.Context) (int, error) { return 0, failed }).Named("parse")
		f := loop.RunInExecutor(ctx, nil, work)
		f.OnDone(l.Stop)
		return none{}, nil
	})
	require.NoError(t, l.RunForever())
	require.NoError(t, l.Close())
	ec := <-heard
	require.Equal(t, "Future exception was never retrieved", ec.Message)
	require.Equal(t, "parse", ec.Callback)
	require.ErrorIs(t, ec.Err, failed)
}

func TestAPanicInATaskSaysWhere(t *testing.T) {
	_, err := loop.Run(t.Context(), func(ctx context.Context) (none, error) {
		return loop.CreateTask(ctx, func(context.Context) (none, error) { panic("boom") }, loop.WithName("careless")).Await(ctx)
	})
	require.ErrorContains(t, err, `panic in "careless": boom at exception_test.go:`)
}
