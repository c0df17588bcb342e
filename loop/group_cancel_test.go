package loop_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestTaskGroupWhoseTaskIsCanceled(t *testing.T) {
	// The body of each case runs in a task that is canceled after one tick.
	held := func(t *testing.T, ctx context.Context, body func(ctx context.Context, g *loop.TaskGroup) error) error {
		t.Helper()
		return cancelAfter(t, ctx, tick, spawn(ctx, func(ctx context.Context) error { return group(ctx, body) }))
	}
	five := func(g *loop.TaskGroup, fn func(context.Context) error) {
		for range 5 {
			g.Go(fn)
		}
	}
	sub(t, "while it waits for the tasks", func(t *testing.T, ctx context.Context) {
		canceled := 0
		err := held(t, ctx, func(_ context.Context, g *loop.TaskGroup) error {
			five(g, func(ctx context.Context) error {
				err := loop.Sleep(ctx, 50*tick)
				canceled++
				return err
			})
			return nil
		})
		requireCanceled(t, err)
		require.Equal(t, 5, canceled)
	})
	sub(t, "with nothing more to see than the cancellation", func(t *testing.T, ctx context.Context) {
		requireCanceled(t, held(t, ctx, func(_ context.Context, g *loop.TaskGroup) error {
			loop.Go(g, sleeper(10*tick, 42))
			loop.Go(g, sleeper(20*tick, 11))
			return nil
		}))
	})
	sub(t, "while the body waits", func(t *testing.T, ctx context.Context) {
		canceled := 0
		err := held(t, ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			five(g, func(ctx context.Context) error {
				err := loop.Sleep(ctx, 50*tick)
				canceled++
				return err
			})
			err := loop.Sleep(ctx, 100*tick)
			canceled += 10
			return err
		})
		requireCanceled(t, err)
		require.Equal(t, 15, canceled)
	})
	sub(t, "and tasks fail while they wind up", func(t *testing.T, ctx context.Context) {
		err := held(t, ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			five(g, stubborn(100*tick, errBoom))
			return loop.Sleep(ctx, 100*tick)
		})
		requireErrors(t, err, errBoom, errBoom, errBoom, errBoom, errBoom)
	})
	for name, outerTask := range map[string]bool{"and tasks of an inner group fail": false, "and tasks of an inner group fail beside an outer's": true} {
		sub(t, name, func(t *testing.T, ctx context.Context) {
			err := held(t, ctx, func(ctx context.Context, g1 *loop.TaskGroup) error {
				if outerTask {
					loop.Go(g1, sleeper(100*tick, 0))
				}
				return group(ctx, func(ctx context.Context, g2 *loop.TaskGroup) error {
					five(g2, stubborn(100*tick, errBoom))
					return loop.Sleep(ctx, 100*tick)
				})
			})
			requireErrors(t, err, errBoom)
			requireErrors(t, firstOf(t, err), errBoom, errBoom, errBoom, errBoom, errBoom)
		})
	}
	slowly := func(ctx context.Context, g *loop.TaskGroup) error {
		g.Go(failer(3*tick, errBoom))
		err := loop.Sleep(ctx, 100*tick)
		_ = loop.Sleep(context.WithoutCancel(ctx), 5*tick)
		return err
	}
	sub(t, "and a task fails while the body winds up", func(t *testing.T, ctx context.Context) {
		requireErrors(t, held(t, ctx, slowly), errBoom)
	})
	sub(t, "from two awaits away, and a task fails while the body winds up", func(t *testing.T, ctx context.Context) {
		task := spawn(ctx, func(ctx context.Context) error {
			return outcome(ctx, spawn(ctx, func(ctx context.Context) error { return group(ctx, slowly) }))
		})
		requireErrors(t, cancelAfter(t, ctx, tick, task), errBoom)
	})
	sub(t, "in a group without tasks", func(t *testing.T, ctx context.Context) {
		told := 0
		err := held(t, ctx, func(ctx context.Context, _ *loop.TaskGroup) error {
			err := loop.Sleep(ctx, 100*tick)
			told++
			return err
		})
		requireCanceled(t, err)
		require.Equal(t, 1, told)
	})
	sub(t, "and the body makes an error of that", func(t *testing.T, ctx context.Context) {
		requireErrors(t, held(t, ctx, func(ctx context.Context, _ *loop.TaskGroup) error {
			return stubborn(100*tick, errBang)(ctx)
		}), errBang)
	})
	sub(t, "and a task fails at the same moment: both are told", func(t *testing.T, ctx context.Context) {
		running := future.NewOn[none](here(t, ctx))
		task := spawn(ctx, func(ctx context.Context) error {
			err := group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				g.Go(func(ctx context.Context) error {
					_ = running.SetResult(none{})
					return stubborn(0, errBoom)(ctx)
				})
				err := loop.Sleep(ctx, tick)
				require.ErrorIs(t, err, context.Canceled)
				return err
			})
			requireErrors(t, err, errBoom)
			require.Equal(t, 1, requests(ctx))
			err = loop.Sleep(ctx, tick)
			require.ErrorIs(t, err, context.Canceled, "the cancellation must not be lost")
			require.ErrorIs(t, err, errBang)
			return err
		})
		require.NoError(t, outcome(ctx, running.Future()))
		require.Zero(t, task.Cancelling())
		require.True(t, task.CancelCause(errBang))
		require.Equal(t, 1, task.Cancelling())
		requireCanceled(t, outcome(ctx, task))
		require.True(t, task.Canceled())
	})
	sub(t, "by a deadline that the caller derived", func(t *testing.T, ctx context.Context) {
		short, cancel := context.WithTimeout(ctx, tick)
		defer cancel()
		var task *loop.Task[int]
		start := time.Now()
		err := group(short, func(_ context.Context, g *loop.TaskGroup) error {
			task = loop.Go(g, sleeper(50*tick, 0))
			return nil
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.True(t, task.Canceled())
		require.Equal(t, tick, time.Since(start))
		require.NoError(t, loop.Sleep(ctx, 0))
	})
	sub(t, "by a context that the caller derived and canceled", func(t *testing.T, ctx context.Context) {
		inner, cancel := context.WithCancel(ctx)
		defer cancel()
		_, err := here(t, ctx).CallLater(tick, cancel)
		require.NoError(t, err)
		var task *loop.Task[int]
		err = group(inner, func(_ context.Context, g *loop.TaskGroup) error {
			task = loop.Go(g, sleeper(50*tick, 0))
			return nil
		})
		requireCanceled(t, err)
		require.True(t, task.Canceled())
		require.Zero(t, requests(ctx))
	})
}
