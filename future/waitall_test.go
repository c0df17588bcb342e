package future_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestWaitAll(t *testing.T) {
	inTask(t, "of futures of different types", func(s stage) {
		p := future.New[int]()
		s.later(tick, func() { _ = p.SetResult(1) })
		start := time.Now()
		require.NoError(s, future.WaitAll(s.ctx, p.Future(), s.sleeper(3*tick, "x"), future.Resolved(true)))
		require.Equal(s, 3*tick, time.Since(start))
		require.NoError(s, future.WaitAll(s.ctx))
	})
	inTask(t, "that fail: waits for all and tells of each", func(s stage) {
		bang := errors.New("bang")
		slow := s.sleeper(2*tick, "x")
		err := future.WaitAll(s.ctx, s.failer(0), slow, future.Failed[int](bang))
		require.ErrorIs(s, err, errBoom)
		require.ErrorIs(s, err, bang)
		require.True(s, slow.IsDone())
	})
	inTask(t, "gives up with its context and cancels nothing", func(s stage) {
		limited, cancel := context.WithTimeout(s.ctx, tick)
		defer cancel()
		slow := s.sleeper(2*tick, "x")
		require.ErrorIs(s, future.WaitAll(limited, slow), context.DeadlineExceeded)
		requireOutcome(s.T, s.ctx, "x", slow)
		task := s.task(func(ctx context.Context) (string, error) {
			return "", future.WaitAll(ctx, future.NewOn[int](s.l).Future())
		})
		s.sleep(0)
		task.Cancel()
		requireFails(s.T, s.ctx, context.Canceled, task)
	})
	inTask(t, "of two loops is refused", func(s stage) {
		other := loop.New(loop.Config{})
		defer func() { _ = other.Close() }()
		require.ErrorIs(s, future.WaitAll(s.ctx, future.NewOn[int](s.l).Future(), future.NewOn[int](other).Future()), future.ErrForeignLoop)
	})
}
