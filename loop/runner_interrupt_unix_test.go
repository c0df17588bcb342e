//go:build unix

package loop_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func interruptSelf(t *testing.T) {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	require.NoError(t, err)
	require.NoError(t, self.Signal(os.Interrupt))
}

func TestAnInterruptCancelsMain(t *testing.T) {
	r := newRunner(t, loop.Config{})
	t.Run("that only ever yields", func(t *testing.T) {
		err := r.Run(t.Context(), func(ctx context.Context) error {
			soon(t, here(t, ctx), func() { interruptSelf(t) })
			for {
				if err := loop.Sleep(ctx, 0); err != nil {
					require.ErrorIs(t, err, loop.ErrInterrupted, "the cause")
					return err
				}
			}
		})
		require.Same(t, loop.ErrInterrupted, err)
	})
	t.Run("that never returns", func(t *testing.T) {
		cleaned := false
		err := r.Run(t.Context(), func(ctx context.Context) error {
			soon(t, here(t, ctx), func() { interruptSelf(t) })
			_, err := pending(here(t, ctx)).Await(ctx)
			require.NoError(t, loop.Sleep(context.WithoutCancel(ctx), 0), "it may clean up")
			cleaned = true
			return err
		})
		require.Same(t, loop.ErrInterrupted, err)
		require.True(t, cleaned)
	})
	t.Run("that was canceled by others as well", func(t *testing.T) {
		err := r.Run(t.Context(), func(ctx context.Context) error {
			main := loop.CurrentTask(ctx)
			soon(t, here(t, ctx), func() { interruptSelf(t) })
			_, err := pending(here(t, ctx)).Await(ctx)
			main.Cancel()
			return errors.Join(err, loop.Sleep(ctx, 0))
		})
		require.ErrorIs(t, err, context.Canceled)
		require.NotSame(t, loop.ErrInterrupted, err)
	})
	t.Run("that does not give in", func(t *testing.T) {
		v, err := loop.RunOn(t.Context(), r, func(ctx context.Context) (int, error) {
			soon(t, here(t, ctx), func() { interruptSelf(t) })
			_, err := pending(here(t, ctx)).Await(ctx)
			require.True(t, future.IsCanceled(err))
			return 5, nil
		})
		require.NoError(t, err)
		require.Equal(t, 5, v)
	})
}

func TestAHandlerOfTheInterruptTakesItFromRun(t *testing.T) {
	run(t, func(ctx context.Context) {
		l := here(t, ctx)
		p := future.NewOn[int](l)
		require.NoError(t, l.AddSignalHandler(os.Interrupt, func() { p.Settle(1, nil) }))
		interruptSelf(t)
		v, err := p.Future().Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, v)
	})
}

// As in Python, which takes SIGINT over only if nothing else was said.
func TestAnInterruptThatIsIgnoredCancelsNothing(t *testing.T) {
	if os.Getenv(ignoresVariable) != "" {
		loop.Main(func(ctx context.Context) error {
			later := future.NewOn[none](here(t, ctx))
			require.NoError(t, here(t, ctx).AddSignalHandler(syscall.SIGUSR1, func() { later.Settle(none{}, nil) }))
			interruptSelf(t)
			require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGUSR1))
			_, err := later.Future().Await(ctx)
			return err
		})
		return
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `trap "" INT; exec "$0" "$@"`, os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), ignoresVariable+"=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
