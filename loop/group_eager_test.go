package loop_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestTaskGroupOfTasksThatStartAtOnce(t *testing.T) {
	eagerly := loop.WithEagerStart(true)
	sub(t, "and end at once", func(t *testing.T, ctx context.Context) {
		var task *loop.Task[int]
		require.NoError(t, group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			task = loop.Go(g, func(context.Context) (int, error) { return 7, nil }, eagerly)
			require.True(t, task.IsDone())
			return nil
		}))
		requireResult(t, 7, task)
	})
	sub(t, "and fail at once: the body's next await is canceled", func(t *testing.T, ctx context.Context) {
		var other *loop.Task[int]
		err := group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			other = loop.Go(g, sleeper(tick, 0), eagerly)
			g.Go(func(context.Context) error { return errBoom }, eagerly)
			require.ErrorIs(t, g.Go(long(0), eagerly).Err(), loop.ErrGroupAborting)
			err := loop.Sleep(ctx, 10*tick)
			require.ErrorIs(t, err, context.Canceled)
			return err
		})
		requireErrors(t, err, errBoom)
		require.True(t, other.Canceled())
		require.Zero(t, requests(ctx))
		require.NoError(t, loop.Sleep(ctx, 0))
	})
	sub(t, "and cancel the group at once", func(t *testing.T, ctx context.Context) {
		require.NoError(t, group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			stopper := g.Go(func(ctx context.Context) error {
				g.Cancel()
				return loop.Sleep(ctx, 10*tick)
			}, eagerly)
			err := loop.Sleep(ctx, 20*tick)
			require.ErrorIs(t, outcome(context.WithoutCancel(ctx), stopper), context.Canceled)
			return err
		}))
	})
	sub(t, "and wait for a timeout", func(t *testing.T, ctx context.Context) {
		err := group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			g.Go(func(ctx context.Context) error { return loop.Timeout(ctx, tick, long(10*tick)) }, eagerly)
			return nil
		})
		requireErrors(t, err, loop.ErrTimeout)
	})
}
