//go:build unix

package loop_test

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func raise(t *testing.T, sig syscall.Signal) {
	t.Helper()
	require.NoError(t, syscall.Kill(os.Getpid(), sig))
}

func TestASignalHandlerRunsAsACallback(t *testing.T) {
	l := newLoop(t)
	calls := 0
	require.NoError(t, l.AddSignalHandler(syscall.SIGUSR1, func() { t.Error("was replaced") }))
	require.NoError(t, l.AddSignalHandler(syscall.SIGUSR1, func() {
		calls++
		require.Error(t, l.Close(), "it runs on the running loop")
		l.Stop()
	}))
	soon(t, l, func() { raise(t, syscall.SIGUSR1) })
	require.NoError(t, l.RunForever())
	require.Equal(t, 1, calls)
	require.True(t, l.RemoveSignalHandler(syscall.SIGUSR1))
	require.False(t, l.RemoveSignalHandler(syscall.SIGUSR1))
}

func TestASignalWakesALoopThatWaits(t *testing.T) {
	l := newLoop(t)
	require.NoError(t, l.AddSignalHandler(syscall.SIGALRM, l.Stop))
	go func() { _ = syscall.Kill(os.Getpid(), syscall.SIGALRM) }()
	timeout, err := l.CallLater(time.Minute, func() { t.Error("was not woken"); l.Stop() })
	require.NoError(t, err)
	require.NoError(t, l.RunForever())
	timeout.Cancel()
}

func TestSignalHandlersSeeWhatTheyCloseOver(t *testing.T) {
	l := newLoop(t)
	var got []any
	args := []any{"string", 2, 3.5}
	require.NoError(t, l.AddSignalHandler(syscall.SIGUSR2, func() {
		got = append(got, args...)
		l.Stop()
	}))
	soon(t, l, func() { raise(t, syscall.SIGUSR2) })
	require.NoError(t, l.RunForever())
	require.Equal(t, args, got)
}

func TestSignalHandlersThatAreRefused(t *testing.T) {
	l := newLoop(t)
	require.ErrorIs(t, l.AddSignalHandler(syscall.SIGKILL, func() {}), loop.ErrUncatchable)
	require.ErrorIs(t, l.AddSignalHandler(syscall.SIGSTOP, func() {}), loop.ErrUncatchable)
	require.Error(t, l.AddSignalHandler(nil, func() {}))
	require.Error(t, l.AddSignalHandler(syscall.SIGUSR1, nil))
	require.False(t, l.RemoveSignalHandler(syscall.SIGKILL))
	synctest.Test(t, func(t *testing.T) {
		require.ErrorIs(t, l.AddSignalHandler(syscall.SIGUSR1, func() {}), errors.ErrUnsupported)
	})
}

func TestOnSignal(t *testing.T) {
	require.ErrorIs(t, loop.OnSignal(t.Context(), func() {}, syscall.SIGUSR1), loop.ErrNoLoop)
	run(t, func(ctx context.Context) {
		got := 0
		require.Error(t, loop.OnSignal(ctx, func() {}))
		require.ErrorIs(t, loop.OnSignal(ctx, func() {}, syscall.SIGUSR1, syscall.SIGKILL), loop.ErrUncatchable)
		require.False(t, here(t, ctx).RemoveSignalHandler(syscall.SIGUSR1), "all of them or none")
		f := future.NewOn[none](here(t, ctx))
		require.NoError(t, loop.OnSignal(ctx, func() {
			if got++; got == 2 {
				_ = f.SetResult(none{})
				return
			}
			raise(t, syscall.SIGUSR2)
		}, syscall.SIGUSR1, syscall.SIGUSR2))
		raise(t, syscall.SIGUSR1)
		require.NoError(t, outcome(ctx, f.Future()))
		require.True(t, here(t, ctx).RemoveSignalHandler(syscall.SIGUSR1))
		require.True(t, here(t, ctx).RemoveSignalHandler(syscall.SIGUSR2))
	})
}

func TestCloseRemovesSignalHandlers(t *testing.T) {
	l := loop.New(loop.Config{})
	require.NoError(t, l.AddSignalHandler(syscall.SIGUSR1, func() {}))
	require.NoError(t, l.AddSignalHandler(syscall.SIGUSR2, func() {}))
	require.NoError(t, l.Close())
	require.False(t, l.RemoveSignalHandler(syscall.SIGUSR1))
}

// TestSecondInterruptEndsTheProcess runs itself again as a child.
func TestSecondInterruptEndsTheProcess(t *testing.T) {
	if os.Getenv("ASYNCGO_TEST_INTERRUPTED") != "" {
		_, _ = loop.Run(t.Context(), func(ctx context.Context) (none, error) {
			raise(t, syscall.SIGINT)
			_ = loop.Sleep(ctx, time.Hour)
			raise(t, syscall.SIGINT)
			select {} // a cleanup that hangs, and blocks the loop as well
		})
		return
	}
	self, err := os.Executable()
	require.NoError(t, err)
	child, err := os.StartProcess(self, []string{self, "-test.run=^TestSecondInterruptEndsTheProcess$"}, &os.ProcAttr{
		Env: append(os.Environ(), "ASYNCGO_TEST_INTERRUPTED=1"),
	})
	require.NoError(t, err)
	state, err := child.Wait()
	require.NoError(t, err)
	status, ok := state.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.Equal(t, syscall.SIGINT, status.Signal(), "ended as by the default action, with %v", state)
}
