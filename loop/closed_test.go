package loop_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

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
