package loop_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// The tests of this file are about callbacks that run while one task waits and nothing
// else is to be done: on the goroutine of that task.

// whileItWaits runs fn as a callback on the goroutine of a task that waits, and requires
// that it does run there.
func whileItWaits(t *testing.T, cfg loop.Config, fn func(ctx context.Context)) {
	t.Helper()
	_, err := loop.RunWith(t.Context(), cfg, func(ctx context.Context) (none, error) {
		p := future.NewOn[none](here(t, ctx))
		task := whose.ID()
		soon(t, here(t, ctx), func() {
			defer func() { _ = p.SetResult(none{}) }()
			require.Equal(t, task, whose.ID())
			fn(ctx)
		})
		return p.Future().Await(ctx)
	})
	require.NoError(t, err)
}

func TestACallbackOnTheGoroutineOfATaskIsInNoTask(t *testing.T) {
	whileItWaits(t, loop.Config{}, func(ctx context.Context) {
		l := here(t, ctx)
		require.Nil(t, loop.CurrentTask(ctx))
		require.Nil(t, loop.CaptureCallGraph(ctx))
		_, err := pending(l).Await(ctx)
		require.ErrorIs(t, err, loop.ErrWouldBlock)
		require.ErrorIs(t, loop.Sleep(ctx, time.Hour), loop.ErrWouldBlock)
		require.ErrorIs(t, loop.Sleep(context.Background(), 0), loop.ErrWouldBlock)
		require.ErrorIs(t, l.RunForever(), loop.ErrRunning)
		ran := false
		eager := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
			ran = loop.CurrentTask(ctx) != nil
			return none{}, loop.Sleep(ctx, 0)
		}, loop.WithEagerStart(true))
		require.True(t, ran)
		require.False(t, eager.IsDone())
		require.Nil(t, loop.CurrentTask(ctx))
	})
}

func TestACallbackOnTheGoroutineOfATaskCancelsIt(t *testing.T) {
	errLate := errors.New("too late")
	_, err := loop.Run(t.Context(), func(ctx context.Context) (none, error) {
		task := loop.CurrentTask(ctx)
		soon(t, here(t, ctx), func() { task.CancelCause(errLate) })
		return none{}, loop.Sleep(ctx, time.Hour)
	})
	require.ErrorIs(t, err, errLate)
}

func TestAPanicOfACallbackOnTheGoroutineOfATaskIsItsOwn(t *testing.T) {
	var heard []loop.ExceptionContext
	_, err := loop.RunWith(t.Context(), loop.Config{
		ExceptionHandler: func(_ *loop.Loop, ec loop.ExceptionContext) { heard = append(heard, ec) },
	}, func(ctx context.Context) (none, error) {
		l := here(t, ctx)
		p := future.NewOn[none](l)
		soon(t, l, func() { panic("boom") })
		soon(t, l, func() { _ = p.SetResult(none{}) })
		return p.Future().Await(ctx)
	})
	require.NoError(t, err)
	require.Len(t, heard, 1)
	var p *future.PanicError
	require.ErrorAs(t, heard[0].Err, &p)
	require.Equal(t, "boom", p.Value)
	require.Contains(t, string(p.Stack), "inplace_test.go")
	require.NotContains(t, string(p.Stack), "Await", "the task's calls are not the callback's")
}

func TestStopInACallbackOnTheGoroutineOfATask(t *testing.T) {
	l := newLoop(t)
	p := future.NewOn[none](l)
	task := loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) { return p.Future().Await(ctx) })
	var order []string
	soon(t, l, func() {
		soon(t, l, func() {
			l.Stop()
			soon(t, l, func() { order = append(order, "next") })
		})
		soon(t, l, func() { order = append(order, "same") })
	})
	require.NoError(t, l.RunForever())
	require.Equal(t, []string{"same"}, order)
	_ = p.SetResult(none{})
	require.NoError(t, l.RunUntilComplete(task))
	require.Equal(t, []string{"same", "next"}, order)
}

func TestGoexitInACallbackOnTheGoroutineOfATask(t *testing.T) {
	for name, callback := range map[string]func(){
		"of a callback": runtime.Goexit,
		"of a callback that panics at its end": func() {
			defer func() { panic("at the end") }()
			runtime.Goexit()
		},
		"of the exception handler": func() { panic("the handler ends the goroutine") },
	} {
		for name2, atEnd := range map[string]func(){"": func() {}, ", and the task panics": func() { panic("at the end") }} {
			t.Run(name+name2, func(t *testing.T) { goexitInPlace(t, callback, atEnd) })
		}
	}
}

func goexitInPlace(t *testing.T, callback, atEnd func()) {
	l := newLoop(t)
	l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) {
		if strings.Contains(ec.Err.Error(), "the handler ends") {
			runtime.Goexit()
		}
	})
	unwound := false
	task := loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
		defer func() {
			require.NotNil(t, loop.CurrentTask(ctx))
			p := future.NewOn[none](l)
			soon(t, l, func() { _ = p.SetResult(none{}) })
			_, err := p.Future().Await(ctx)
			require.NoError(t, err, "it may still wait, and lend its goroutine")
			unwound = true
			atEnd()
		}()
		_, err := pending(l).Await(ctx)
		return none{}, err
	})
	soon(t, l, func() { soon(t, l, callback) })
	runsUntilGoexit(t, l)
	require.True(t, unwound)
	require.Error(t, task.Err())
	require.NoError(t, l.RunUntilComplete(loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
		return none{}, loop.Sleep(ctx, 0)
	})))
}

func TestTheWatchdogBlamesTheCallbackAndNotTheTaskThatLentItsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []loop.Blocked
		whileItWaits(t, loop.Config{OnBlocked: func(_ *loop.Loop, b loop.Blocked) { told = append(told, b) }},
			func(context.Context) { slowInPlace() })
		require.Len(t, told, 2)
		require.Empty(t, told[0].Task)
		require.Contains(t, told[0].Callback, "whileItWaits")
		require.Contains(t, told[0].Stack, "slowInPlace")
		require.NotContains(t, told[0].Stack, "Await")
		require.True(t, told[1].Over)
	})
}

func slowInPlace() { time.Sleep(time.Minute) }

func TestATaskThatLentItsGoroutineIsShownWhereItWaits(t *testing.T) {
	shows := func(info loop.LoopInfo, err error) {
		require.NoError(t, err)
		require.Len(t, info.Tasks, 1)
		require.Equal(t, "suspended", info.Tasks[0].State)
		var text strings.Builder
		for _, f := range info.Tasks[0].Stack {
			text.WriteString(f.Func + "\n")
		}
		require.Contains(t, text.String(), "Await")
		require.NotContains(t, text.String(), "whileItWaits.func1.1", "a callback")
	}
	whileItWaits(t, loop.Config{}, func(ctx context.Context) {
		l := here(t, ctx)
		shows(l.Dump(ctx))
		over, cancel := context.WithCancel(ctx)
		cancel()
		var info loop.LoopInfo
		var err error
		seen := make(chan none)
		go func() { // the loop cannot answer
			defer close(seen)
			info, err = l.Dump(over)
		}()
		<-seen
		require.Contains(t, info.Blocked, "whileItWaits.func1.1")
		shows(info, err)
	})
}
