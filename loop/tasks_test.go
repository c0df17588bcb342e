package loop_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestCurrentTask(t *testing.T) {
	t.Run("is the task that runs, whatever the context", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			var task *loop.Task[none]
			task = loop.CreateTask(ctx, func(inner context.Context) (none, error) {
				require.Equal(t, loop.AnyTask(task), loop.CurrentTask(inner))
				require.Equal(t, loop.AnyTask(task), loop.CurrentTask(ctx), "the creator's context")
				require.Equal(t, loop.AnyTask(task), loop.CurrentTask(context.Background()))
				require.True(t, loop.CurrentTask(inner) == task)
				return none{}, nil
			})
			_, err := task.Await(ctx)
			require.NoError(t, err)
		})
	})
	t.Run("stays right while tasks take turns", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			me := loop.CurrentTask(ctx)
			var tasks []*loop.Task[none]
			for range 3 {
				var task *loop.Task[none]
				task = loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
					for range 3 {
						require.True(t, loop.CurrentTask(ctx) == task)
						require.NoError(t, loop.Sleep(ctx, 0))
					}
					return none{}, nil
				})
				tasks = append(tasks, task)
			}
			_, err := future.Gather(tasks...).Await(ctx)
			require.NoError(t, err)
			require.Equal(t, me, loop.CurrentTask(ctx))
		})
	})
	t.Run("is nil in a callback, in a foreign goroutine and outside a loop", func(t *testing.T) {
		l := newLoop(t)
		require.Nil(t, loop.CurrentTask(l.Context()))
		run(t, func(ctx context.Context) {
			got := future.NewOn[[]loop.AnyTask](here(t, ctx))
			soon(t, here(t, ctx), func() {
				_ = got.SetResult([]loop.AnyTask{loop.CurrentTask(ctx)})
			})
			v, err := got.Future().Await(ctx)
			require.NoError(t, err)
			require.Equal(t, []loop.AnyTask{nil}, v)

			other := future.New[loop.AnyTask]()
			go func() { _ = other.SetResult(loop.CurrentTask(ctx)) }()
			w, err := other.Future().Await(ctx)
			require.NoError(t, err)
			require.Nil(t, w)
		})
	})
	t.Run("is nil outside a loop without a context of one", func(t *testing.T) {
		require.Nil(t, loop.CurrentTask(context.Background()))
		require.Nil(t, loop.CurrentTask(nil)) //nolint:staticcheck // that it does not crash is the point
	})
	t.Run("needs no context of the loop, and is nil again when it stopped", func(t *testing.T) {
		l := newLoop(t)
		var task *loop.Task[none]
		task = loop.CreateTask(l.Context(), func(context.Context) (none, error) {
			require.True(t, loop.CurrentTask(nil) == task) //nolint:staticcheck // see above
			return none{}, nil
		})
		require.NoError(t, l.RunUntilComplete(task))
		require.Nil(t, loop.CurrentTask(l.Context()))
	})
	t.Run("is nil in a done callback", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			task := loop.CreateTask(ctx, func(context.Context) (none, error) { return none{}, nil })
			called := false
			task.OnDone(func() {
				called = true
				require.Nil(t, loop.CurrentTask(ctx))
			})
			require.NoError(t, loop.Sleep(ctx, 0))
			require.NoError(t, loop.Sleep(ctx, 0))
			require.True(t, called)
		})
	})
}

func TestAllTasks(t *testing.T) {
	t.Run("are those that are not done, started or not, oldest first", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			l, me := here(t, ctx), loop.CurrentTask(ctx)
			gate := future.NewOn[none](l)
			task := func() *loop.Task[none] {
				return loop.CreateTask(ctx, func(ctx context.Context) (none, error) { return gate.Future().Await(ctx) })
			}
			a := task()
			require.Equal(t, []loop.AnyTask{me, a}, loop.AllTasks(l))
			require.NoError(t, loop.Sleep(ctx, 0))
			b := task()
			require.Equal(t, []loop.AnyTask{me, a, b}, loop.AllTasks(l))
			require.NoError(t, gate.SetResult(none{}))
			_, err := future.Gather(a, b).Await(ctx)
			require.NoError(t, err)
			require.Equal(t, []loop.AnyTask{me}, loop.AllTasks(l))
		})
	})
	t.Run("can be asked for from any goroutine and waited for", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			l, me := here(t, ctx), loop.CurrentTask(ctx)
			for range 3 {
				loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return 1, loop.Sleep(ctx, 0) })
				loop.CreateTask(ctx, func(ctx context.Context) (string, error) { return "", loop.Sleep(ctx, 0) })
			}
			all, err := loop.ToThread(ctx, func(context.Context) ([]loop.AnyTask, error) {
				return loop.AllTasks(l), nil
			}).Await(ctx)
			require.NoError(t, err)
			var others []loop.AnyTask
			for _, task := range all {
				if task != me {
					others = append(others, task)
				}
			}
			if len(others) > 0 { // they may have ended by now
				_, pending, err := future.Wait(ctx, others, future.WaitOptions{})
				require.NoError(t, err)
				require.Empty(t, pending)
			}
			require.Equal(t, []loop.AnyTask{me}, loop.AllTasks(l))
		})
	})
	t.Run("of a loop that has none", func(t *testing.T) {
		require.Empty(t, loop.AllTasks(newLoop(t)))
	})
}
