package loop_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

const tick = 100 * time.Millisecond

// group is WithTaskGroup, shorter.
func group(ctx context.Context, body func(ctx context.Context, g *loop.TaskGroup) error) error {
	return loop.WithTaskGroup(ctx, body)
}

func TestTaskGroupWaitsForItsTasks(t *testing.T) {
	sub(t, "started together", func(t *testing.T, ctx context.Context) {
		var t1, t2 *loop.Task[int]
		start := time.Now()
		require.NoError(t, group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			t1, t2 = loop.Go(g, sleeper(tick, 42)), loop.Go(g, sleeper(2*tick, 11))
			return nil
		}))
		require.Equal(t, 2*tick, time.Since(start))
		requireResult(t, 42, t1)
		requireResult(t, 11, t2)
	})
	sub(t, "started while the body waits", func(t *testing.T, ctx context.Context) {
		var t1, t2 *loop.Task[int]
		require.NoError(t, group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			t1 = loop.Go(g, sleeper(tick, 42))
			err := loop.Sleep(ctx, tick*3/2)
			t2 = loop.Go(g, sleeper(2*tick, 11))
			return err
		}))
		requireResult(t, 42, t1)
		requireResult(t, 11, t2)
	})
	sub(t, "a canceled one disturbs nobody", func(t *testing.T, ctx context.Context) {
		var t1, t2 *loop.Task[int]
		require.NoError(t, group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			t1 = loop.Go(g, sleeper(10*tick, 42))
			err := loop.Sleep(ctx, tick)
			t1.Cancel()
			t2 = loop.Go(g, sleeper(2*tick, 11))
			return err
		}))
		require.True(t, t1.Canceled())
		requireResult(t, 11, t2)
	})
	sub(t, "those that are done are let go of", func(t *testing.T, ctx context.Context) {
		require.NoError(t, group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			running := 0
			for range 10 {
				require.NoError(t, loop.Sleep(ctx, tick))
				g.Go(func(ctx context.Context) error {
					running++
					defer func() { running-- }()
					return loop.Sleep(ctx, 3*tick)
				})
				require.Less(t, running, 5)
			}
			require.NoError(t, loop.Sleep(ctx, 4*tick))
			require.Zero(t, running)
			return nil
		}))
	})
	sub(t, "added by a task of the group", func(t *testing.T, ctx context.Context) {
		var children []*loop.Task[int]
		require.NoError(t, group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				err := loop.Sleep(ctx, tick)
				children = append(children, loop.Go(g, sleeper(tick, 1)), loop.Go(g, sleeper(2*tick, 2)))
				return err
			})
			return nil
		}))
		require.Len(t, children, 2)
		requireResult(t, 1, children[0])
		requireResult(t, 2, children[1])
	})
	sub(t, "a tree of tasks ends with the first error", func(t *testing.T, ctx context.Context) {
		heads := 0
		var hydra func(g *loop.TaskGroup) func(context.Context) error
		hydra = func(g *loop.TaskGroup) func(context.Context) error {
			return func(ctx context.Context) error {
				heads++
				err := loop.Sleep(ctx, tick/10)
				g.Go(hydra(g))
				g.Go(hydra(g))
				return err
			}
		}
		err := group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			g.Go(hydra(g))
			g.Go(func(ctx context.Context) error {
				for heads < 10 {
					if err := loop.Sleep(ctx, tick*3/20); err != nil {
						return err
					}
				}
				return errBoom
			})
			return nil
		})
		requireErrors(t, err, errBoom)
		require.GreaterOrEqual(t, heads, 10)
	})
	sub(t, "a task can be named", func(t *testing.T, ctx context.Context) {
		require.NoError(t, group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			require.Equal(t, "yolo", loop.Go(g, sleeper(0, 0), loop.WithName("yolo")).Name())
			return nil
		}))
	})
	sub(t, "a task gets the values of the group's context", func(t *testing.T, ctx context.Context) {
		type key struct{}
		require.NoError(t, group(context.WithValue(ctx, key{}, 7), func(_ context.Context, g *loop.TaskGroup) error {
			for range 2 {
				v, err := loop.Go(g, func(ctx context.Context) (any, error) { return ctx.Value(key{}), nil }).Await(ctx)
				require.NoError(t, err)
				require.Equal(t, 7, v)
			}
			return nil
		}))
	})
}

func requireResult[T any](t *testing.T, want T, f future.Awaitable[T]) {
	t.Helper()
	v, err := f.Future().Result()
	require.NoError(t, err)
	require.Equal(t, want, v)
}

func TestTaskGroupRefusals(t *testing.T) {
	refused := func(t *testing.T, g *loop.TaskGroup, want error) {
		t.Helper()
		task := g.Go(func(context.Context) error {
			t.Error("started")
			return nil
		})
		require.True(t, task.IsDone())
		require.ErrorIs(t, task.Err(), want)
		require.NotEmpty(t, task.String())
	}
	nothing := func(context.Context) error { return nil }
	sub(t, "entered inside itself", func(t *testing.T, ctx context.Context) {
		var g loop.TaskGroup
		require.NoError(t, g.Do(ctx, func(ctx context.Context) error {
			require.ErrorIs(t, g.Do(ctx, nothing), loop.ErrScopeEntered)
			return nil
		}))
	})
	sub(t, "entered twice", func(t *testing.T, ctx context.Context) {
		var g loop.TaskGroup
		require.NoError(t, g.Do(ctx, nothing))
		require.ErrorIs(t, g.Do(ctx, nothing), loop.ErrScopeEntered)
	})
	sub(t, "a task after the end", func(t *testing.T, ctx context.Context) {
		var g loop.TaskGroup
		require.NoError(t, g.Do(ctx, nothing))
		refused(t, &g, loop.ErrGroupFinished)
		require.NoError(t, loop.Sleep(ctx, tick))
	})
	sub(t, "a task before the body", func(t *testing.T, ctx context.Context) {
		var g loop.TaskGroup
		refused(t, &g, loop.ErrGroupNotEntered)
		require.NoError(t, loop.Sleep(ctx, tick))
	})
	sub(t, "a task after a failure", func(t *testing.T, ctx context.Context) {
		err := group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			g.Go(failer(tick, errBoom))
			g.Go(func(ctx context.Context) error {
				err := loop.Sleep(ctx, 10*tick)
				refused(t, g, loop.ErrGroupAborting)
				return err
			})
			return nil
		})
		requireErrors(t, err, errBoom)
	})
	t.Run("outside a task", func(t *testing.T) {
		var g loop.TaskGroup
		l := newLoop(t)
		require.ErrorIs(t, g.Do(l.Context(), nothing), loop.ErrNoTask)
		soon(t, l, func() {
			require.ErrorIs(t, g.Do(l.Context(), nothing), loop.ErrNoTask)
			l.Stop()
		})
		require.NoError(t, l.RunForever())
		refused(t, &g, loop.ErrGroupNotEntered)
	})
}

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
