package future_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestShield(t *testing.T) {
	inTask(t, "gives the result", func(s stage) {
		p := s.promises(1)[0]
		outer := future.Shield(p.Future())
		_ = p.SetResult(42)
		requireOutcome(s.T, s.ctx, 42, outer)
	})
	inTask(t, "gives the error", func(s stage) {
		p := s.promises(1)[0]
		outer := future.Shield(p.Future())
		s.turns(1)
		_ = p.SetError(errBoom)
		s.turns(1)
		require.Equal(s, errBoom, outer.Err())
	})
	inTask(t, "is canceled with what it shields", func(s stage) {
		p := s.promises(1)[0]
		outer := future.Shield(p.Future())
		s.turns(1)
		p.Future().CancelCause(errBang)
		s.turns(1)
		require.True(s, outer.Canceled())
		require.ErrorIs(s, outer.Err(), errBang)
	})
	inTask(t, "canceled, lets go of what it shields", func(s stage) {
		p := s.promises(1)[0]
		outer := future.Shield(p.Future())
		s.turns(1)
		outer.Cancel()
		s.turns(1)
		require.True(s, outer.Canceled())
		require.False(s, p.Future().IsDone())
		require.NotContains(s, p.Future().String(), "callbacks")
		_ = p.SetResult(1)
	})
	inTask(t, "of a done future is that future", func(s stage) {
		f := future.Resolved(42)
		require.Same(s, f, future.Shield(f))
	})
	inTask(t, "keeps the cancellation of a waiter away", func(s stage) {
		p := s.promises(1)[0]
		proof := 0
		inner := s.task(func(ctx context.Context) (string, error) {
			_, err := p.Future().Await(ctx)
			proof++
			return "", err
		})
		outer := s.task(func(ctx context.Context) (string, error) {
			_, err := future.Shield(inner).Await(ctx)
			if err == nil {
				proof += 100
			}
			return "", err
		})
		s.turns(2)
		outer.Cancel()
		requireFails(s.T, s.ctx, context.Canceled, outer)
		_ = p.SetResult(0)
		s.turns(2)
		require.Equal(s, 1, proof)
		require.NoError(s, inner.Err())
	})
	inTask(t, "around a gathering", func(s stage) {
		ps := s.promises(2)
		parent := future.Gather(futures(ps)...)
		outer := future.Shield(parent)
		s.turns(1)
		outer.Cancel()
		s.turns(1)
		require.True(s, outer.Canceled())
		_ = ps[0].SetResult(1)
		_ = ps[1].SetResult(2)
		requireOutcome(s.T, s.ctx, []int{1, 2}, parent)
	})
	inTask(t, "inside a gathering", func(s stage) {
		ps := s.promises(2)
		inner1, inner2 := future.Shield(ps[0].Future()), future.Shield(ps[1].Future())
		parent := future.Gather(inner1, inner2)
		s.turns(1)
		parent.Cancel()
		s.turns(2)
		require.ErrorIs(s, parent.Err(), context.Canceled)
		require.True(s, inner1.Canceled())
		require.True(s, inner2.Canceled())
		require.NoError(s, ps[0].SetResult(1))
		require.NoError(s, ps[1].SetResult(2))
	})
	t.Run("of a task without a loop fails like the task", func(t *testing.T) {
		task := loop.CreateTask(t.Context(), func(context.Context) (int, error) { return 42, nil })
		requireFails(t, t.Context(), loop.ErrNoLoop, future.Shield(task))
	})
	inTask(t, "of a task belongs to the running loop", func(s stage) {
		outer := future.Shield(s.sleeper(0, "42"))
		require.Equal(s, future.Poster(s.l), outer.Home())
		requireOutcome(s.T, s.ctx, "42", outer)
	})
	inTask(t, "the error of what it shields is not reported twice", func(s stage) {
		reports := 0
		s.l.SetExceptionHandler(func(*loop.Loop, loop.ExceptionContext) { reports++ })
		p := s.promises(1)[0]
		outer := future.Shield(p.Future())
		s.turns(1)
		_ = p.SetError(errBoom)
		requireFails(s.T, s.ctx, errBoom, outer)
		require.Zero(s, reports)
	})
	t.Run("of a free future, in a goroutine", func(t *testing.T) {
		p := future.New[int]()
		kept, dropped := future.Shield(p.Future()), future.Shield(p.Future())
		dropped.Cancel()
		_ = p.SetResult(1)
		requireOutcome(t, t.Context(), 1, kept)
		require.True(t, dropped.Canceled())
	})
}
