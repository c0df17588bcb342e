package loop_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A logged collects log records as text.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func TestSetDebug(t *testing.T) {
	l := newLoop(t)
	require.False(t, l.GetDebug())
	l.SetDebug(true)
	l.SetDebug(true)
	require.True(t, l.GetDebug())
	l.SetDebug(false)
	require.False(t, l.GetDebug())
}

func TestDebugModeByEnvironment(t *testing.T) {
	for value, want := range map[string]bool{"": false, "0": false, "false": false, "1": true, "true": true, "yes": true} {
		t.Run("ASYNCGO_DEBUG="+value, func(t *testing.T) {
			t.Setenv("ASYNCGO_DEBUG", value)
			require.Equal(t, want, newLoop(t).GetDebug())
		})
	}
}

func TestDebugModeRefusesForeignGoroutines(t *testing.T) {
	foreign := func(l *loop.Loop) (soonErr, laterErr, atErr, safeErr error) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, soonErr = l.CallSoon(func() {})
			_, laterErr = l.CallLater(time.Hour, func() {})
			_, atErr = l.CallAt(l.Time(), func() {})
			_, safeErr = l.CallSoonThreadsafe(func() {})
		}()
		<-done
		return
	}
	for _, debug := range []bool{false, true} {
		l := loop.New(loop.Config{Debug: debug})
		soonErr, laterErr, atErr, safeErr := foreign(l)
		require.NoError(t, errors.Join(soonErr, laterErr, atErr, safeErr), "the loop does not run")
		soon(t, l, func() {
			soonErr, laterErr, atErr, safeErr = foreign(l)
			l.Stop()
		})
		require.NoError(t, l.RunForever())
		require.NoError(t, safeErr)
		for _, err := range []error{soonErr, laterErr, atErr} {
			if debug {
				require.ErrorIs(t, err, loop.ErrForeignGoroutine)
			} else {
				require.NoError(t, err)
			}
		}
		require.NoError(t, l.Close())
	}
}

func slowCallback() { time.Sleep(time.Second) }

func TestDebugModeLogsSlowCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text logged
		_, err := loop.RunWith(t.Context(), loop.Config{Debug: true, Logger: text.logger(), BlockedAfter: -1},
			func(ctx context.Context) (none, error) {
				l := here(t, ctx)
				soon(t, l, slowCallback)
				loop.CreateTask(ctx, func(context.Context) (none, error) {
					time.Sleep(200 * time.Millisecond)
					return none{}, nil
				}, loop.WithName("sluggish"))
				soon(t, l, func() { time.Sleep(99 * time.Millisecond) })
				return none{}, loop.Sleep(ctx, time.Minute)
			})
		require.NoError(t, err)
		require.Regexp(t, `slow callback.*duration=1s callback=\S*slowCallback created=.*debug_test.go`, text.String())
		require.Regexp(t, `slow callback.*duration=200ms task=sluggish created=.*debug_test.go`, text.String())
		require.NotContains(t, text.String(), "99ms")
	})
}

func TestSlowCallbackDurationIsAChoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for limit, want := range map[time.Duration]bool{time.Millisecond: true, time.Minute: false, -1: false} {
			var text logged
			l := loop.New(loop.Config{Debug: true, Logger: text.logger(), BlockedAfter: -1, SlowCallbackDuration: limit})
			soon(t, l, slowCallback)
			soon(t, l, l.Stop)
			require.NoError(t, l.RunForever())
			require.NoError(t, l.Close())
			require.Equal(t, want, text.String() != "", limit)
		}
	})
}

func TestAHandleDescribesItself(t *testing.T) {
	l := newLoop(t)
	soon(t, l, func() {
		h := soon(t, l, slowCallback)
		require.Regexp(t, `^<Handle \S*loop_test\.slowCallback>$`, h.String())
		h.Cancel()
		require.Equal(t, "<Handle canceled>", h.String())
		require.True(t, h.Canceled())
		timer, err := l.CallAt(l.Time().Add(time.Hour), slowCallback)
		require.NoError(t, err)
		require.Regexp(t, `^<TimerHandle when=36\d\d\.\d+ \S*slowCallback>$`, timer.String())
		timer.Cancel()
		require.Regexp(t, `^<TimerHandle when=\S+ canceled>$`, timer.String())
		l.Stop()
	})
	require.NoError(t, l.RunForever())
}

func TestDebugModeRemembersWhereHandlesWereMade(t *testing.T) {
	l := newLoop(t)
	l.SetDebug(true)
	soon(t, l, func() {
		h, err := l.CallSoon(slowCallback)
		require.NoError(t, err)
		require.Regexp(t, `^<Handle \S*slowCallback created by \S*TestDebugModeRemembers\S* at \S*debug_test\.go:\d+>$`, h.String())
		h.Cancel()
		require.Regexp(t, `^<Handle canceled created by \S*TestDebugModeRemembers.*debug_test\.go:\d+>$`, h.String())
		timer, err := l.CallLater(time.Hour, slowCallback)
		require.NoError(t, err)
		require.Regexp(t, `created by \S*TestDebugModeRemembers.*debug_test\.go:\d+>$`, timer.String())
		timer.Cancel()
		require.Regexp(t, `canceled created by \S*TestDebugModeRemembers.*debug_test\.go:\d+>$`, timer.String())
		l.Stop()
	})
	require.NoError(t, l.RunForever())
}

func TestAnExceptionContextNamesTheHandleAndItsMaker(t *testing.T) {
	var got []loop.ExceptionContext
	l := loop.New(loop.Config{Debug: true, ExceptionHandler: func(_ *loop.Loop, ec loop.ExceptionContext) { got = append(got, ec) }})
	defer l.Close()
	var inDebug, without, posted, other *loop.Handle
	boom := errors.New("boom")
	soon(t, l, func() {
		inDebug = soon(t, l, func() { panic(boom) })
		l.SetDebug(false)
		without = soon(t, l, func() { panic(boom) })
		done := make(chan none)
		go func() {
			defer close(done)
			other, _ = l.CallSoonThreadsafe(func() {})
			posted, _ = l.CallSoonThreadsafe(func() { panic(boom) })
		}()
		<-done
		require.Regexp(t, "^<Handle", posted.String())
		soon(t, l, l.Stop)
	})
	require.NoError(t, l.RunForever())
	require.Len(t, got, 3)
	require.Contains(t, got[0].Created, "debug_test.go")
	require.Empty(t, got[1].Created)
	for _, ec := range got {
		require.ErrorIs(t, ec.Err, boom)
		require.Contains(t, ec.Callback, "TestAnExceptionContextNamesTheHandle")
	}
	require.True(t, got[0].Handle.Equal(inDebug))
	require.True(t, got[1].Handle.Equal(without))
	require.False(t, got[1].Handle.Equal(inDebug))
	require.True(t, got[2].Handle.Equal(posted))
	require.False(t, got[2].Handle.Equal(other))
	require.False(t, got[2].Handle.Equal(without))
}

func TestDefaultExceptionHandlerLogsWhatIsKnown(t *testing.T) {
	var text logged
	l := loop.New(loop.Config{Logger: text.logger()})
	defer l.Close()
	l.CallExceptionHandler(loop.ExceptionContext{
		Message: "it broke", Err: errors.New("boom"), Task: "T", Future: "F", Callback: "C", Created: "there",
	})
	require.Contains(t, text.String(), `level=ERROR msg="it broke" error=boom task=T future=F callback=C created=there`)
}

type brokenLog struct{ slog.Handler }

func (brokenLog) Enabled(context.Context, slog.Level) bool { return true }

func (brokenLog) Handle(context.Context, slog.Record) error { panic("no log today") }

func TestALoggerThatPanicsDoesNotEndTheLoop(t *testing.T) {
	l := loop.New(loop.Config{Logger: slog.New(brokenLog{})})
	defer l.Close()
	soon(t, l, func() { panic("boom") })
	ran := false
	soon(t, l, func() { ran = true; l.Stop() })
	require.NoError(t, l.RunForever())
	require.True(t, ran)
}

func TestDebugModeRemembersWhereFuturesWereMade(t *testing.T) {
	l := newLoop(t)
	require.NotContains(t, pending(l).String(), "created by")
	l.SetDebug(true)
	defer l.SetDebug(false)
	require.Regexp(t, `<Future pending created by .*TestDebugModeRemembersWhereFuturesWereMade at .*debug_test.go:\d+>`,
		future.NewOn[int](l).Future().String())
}

func TestDebugModeRemembersWhereTasksWereCreated(t *testing.T) {
	l := newLoop(t)
	l.SetDebug(true)
	defer l.SetDebug(false)
	task := loop.CreateTask(l.Context(), func(context.Context) (none, error) { return none{}, nil }, loop.WithName("T"))
	require.Regexp(t, `<Task "T" pending created by .*TestDebugModeRemembersWhereTasksWereCreated at .*debug_test.go:\d+>`, task.String())
	require.NoError(t, l.RunUntilComplete(task))
}

func TestDebugModeReportsWhereTheCarelessOnesWereMade(t *testing.T) {
	l := newLoop(t)
	l.SetDebug(true)
	var heard []loop.ExceptionContext
	l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) { heard = append(heard, ec) })
	loop.CreateTask(l.Context(), func(context.Context) (none, error) { return none{}, errors.New("of the task") })
	p := future.NewOn[none](l)
	soon(t, l, func() {
		_ = p.SetError(errors.New("of the future"))
		l.Stop()
	})
	require.NoError(t, l.RunForever())
	require.NoError(t, l.Close())
	require.Len(t, heard, 2)
	for _, ec := range heard {
		require.Contains(t, ec.Created, "debug_test.go")
		require.Contains(t, ec.Created, "TestDebugModeReportsWhereTheCarelessOnesWereMade")
	}
}
