package loop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// fromThread runs fn in a goroutine while the loop runs, and waits for it.
func fromThread(t *testing.T, fn func(l *loop.Loop) error) {
	t.Helper()
	run(t, func(ctx context.Context) {
		l := here(t, ctx)
		_, err := loop.ToThread(ctx, func(context.Context) (none, error) { return none{}, fn(l) }).Await(ctx)
		require.NoError(t, err)
	})
}

func expect(ok bool, what string) error {
	if !ok {
		return errors.New(what)
	}
	return nil
}

func TestRunCoroutineThreadsafe(t *testing.T) {
	boom := errors.New("boom")
	add := func(a, b int) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) { return a + b, loop.Sleep(ctx, 0) }
	}
	bg := context.Background()
	t.Run("brings the result to the goroutine", func(t *testing.T) {
		fromThread(t, func(l *loop.Loop) error {
			f := loop.RunCoroutineThreadsafe(l, add(1, 2))
			v, err := f.Await(bg)
			return errors.Join(err, expect(v == 3, "the sum"), expect(f.Home() == nil, "a free future"))
		})
	})
	t.Run("and the error", func(t *testing.T) {
		fromThread(t, func(l *loop.Loop) error {
			_, err := loop.RunCoroutineThreadsafe(l, func(context.Context) (int, error) { return 0, boom }).Await(bg)
			return expect(errors.Is(err, boom), "the error")
		})
	})
	t.Run("giving up after a while cancels nothing", func(t *testing.T) {
		fromThread(t, func(l *loop.Loop) error {
			gate := future.New[int]()
			f := loop.RunCoroutineThreadsafe(l, func(ctx context.Context) (int, error) { return gate.Future().Await(ctx) })
			short, cancel := context.WithTimeout(bg, time.Millisecond)
			defer cancel()
			_, err := f.Await(short)
			if !errors.Is(err, context.DeadlineExceeded) || f.IsDone() {
				return errors.New("gave up wrongly")
			}
			_ = gate.SetResult(7)
			v, err := f.Await(bg)
			return errors.Join(err, expect(v == 7, "the result"))
		})
	})
	t.Run("canceling the future cancels the task", func(t *testing.T) {
		fromThread(t, func(l *loop.Loop) error {
			began, ended := make(chan none), make(chan error, 1)
			f := loop.RunCoroutineThreadsafe(l, func(ctx context.Context) (int, error) {
				close(began)
				err := loop.Sleep(ctx, time.Hour)
				ended <- err
				return 0, err
			})
			<-began
			ok := f.CancelCause(boom)
			_, err := f.Await(bg)
			return errors.Join(
				expect(ok && f.Canceled() && errors.Is(err, boom), "the future is canceled"),
				expect(errors.Is(<-ended, boom), "the task is told why"))
		})
	})
	t.Run("a task that is canceled on the loop cancels the future", func(t *testing.T) {
		fromThread(t, func(l *loop.Loop) error {
			f := loop.RunCoroutineThreadsafe(l, func(ctx context.Context) (int, error) {
				loop.CurrentTask(ctx).CancelCause(boom)
				return 0, loop.Sleep(ctx, time.Hour)
			})
			_, err := f.Await(bg)
			return expect(f.Canceled() && errors.Is(err, boom), "canceled")
		})
	})
	t.Run("a factory's refusal is on the future and told to the handler", func(t *testing.T) {
		var heard []loop.ExceptionContext
		_, err := loop.RunWith(t.Context(), loop.Config{
			ExceptionHandler: func(_ *loop.Loop, ec loop.ExceptionContext) { heard = append(heard, ec) },
		}, func(ctx context.Context) (none, error) {
			l := here(t, ctx)
			l.SetTaskFactory(func(context.Context, *loop.Loop, *loop.TaskSpec) error { return boom })
			_, err := loop.ToThread(ctx, func(context.Context) (none, error) {
				_, err := loop.RunCoroutineThreadsafe(l, add(1, 2)).Await(bg)
				return none{}, err
			}).Await(ctx)
			require.ErrorIs(t, err, boom)
			l.SetTaskFactory(nil) // Run winds up with tasks of its own
			return none{}, nil
		})
		require.NoError(t, err)
		require.Len(t, heard, 1)
		require.ErrorIs(t, heard[0].Err, boom)
	})
	t.Run("on a closed loop the future says so", func(t *testing.T) {
		l := newLoop(t)
		require.NoError(t, l.Close())
		_, err := loop.RunCoroutineThreadsafe(l, add(1, 2)).Await(bg)
		require.ErrorIs(t, err, loop.ErrClosed)
	})
	t.Run("on a loop that closes before the task could run too", func(t *testing.T) {
		l := newLoop(t)
		l.SetExceptionHandler(func(*loop.Loop, loop.ExceptionContext) {})
		f := loop.RunCoroutineThreadsafe(l, add(1, 2))
		require.NoError(t, l.Close())
		_, err := f.Await(bg)
		require.ErrorIs(t, err, loop.ErrClosed)
	})
	t.Run("on a loop that closes while the outcome is on its way", func(t *testing.T) {
		l := newLoop(t)
		f := loop.RunCoroutineThreadsafe(l, func(context.Context) (int, error) {
			l.Stop()
			return 4, nil
		})
		require.NoError(t, l.RunForever())
		require.NoError(t, l.Close())
		v, err := f.Await(bg)
		require.NoError(t, err)
		require.Equal(t, 4, v)
	})
}
