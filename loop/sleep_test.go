package loop_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestSleep(t *testing.T) {
	sub(t, "twice takes twice the time", func(t *testing.T, ctx context.Context) {
		start := time.Now()
		v, err := loop.CreateTask(ctx, func(ctx context.Context) (string, error) {
			if err := loop.Sleep(ctx, tick); err != nil {
				return "", err
			}
			return "yeah", loop.Sleep(ctx, tick)
		}).Await(ctx)
		require.NoError(t, err)
		require.Equal(t, "yeah", v)
		require.Equal(t, 2*tick, time.Since(start))
	})
	sub(t, "canceled, takes its timer back", func(t *testing.T, ctx context.Context) {
		start := time.Now()
		task := loop.CreateTask(ctx, sleeper(10*time.Second, 1))
		require.NoError(t, loop.Sleep(ctx, 0))
		task.Cancel()
		require.NoError(t, loop.Sleep(ctx, 0))
		require.True(t, task.Canceled(), "one iteration is enough")
		require.Equal(t, start, time.Now())
	})
	sub(t, "of zero gives everybody else one turn", func(t *testing.T, ctx context.Context) {
		result := 0
		soon(t, here(t, ctx), func() { result++ })
		require.Zero(t, result)
		require.NoError(t, loop.Sleep(ctx, 0))
		require.Equal(t, 1, result)
	})
	t.Run("in a goroutine", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		require.NoError(t, loop.Sleep(ctx, time.Millisecond))
		cancel(errBoom)
		require.ErrorIs(t, loop.Sleep(ctx, time.Hour), errBoom)
	})
}
