package loop_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// runEager is run with EagerTaskFactory set, after the main task was created.
func runEager(t *testing.T, main func(ctx context.Context)) {
	t.Helper()
	run(t, func(ctx context.Context) {
		l := here(t, ctx)
		require.Nil(t, l.GetTaskFactory())
		l.SetTaskFactory(loop.EagerTaskFactory)
		require.NotNil(t, l.GetTaskFactory())
		main(ctx)
		l.SetTaskFactory(nil)
		require.Nil(t, l.GetTaskFactory())
	})
}

func TestAnEagerTask(t *testing.T) {
	t.Run("that never waits is done at once and was never scheduled", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			turn := false
			soon(t, here(t, ctx), func() { turn = true })
			task := loop.CreateTask(ctx, func(context.Context) (string, error) { return "hello", nil })
			require.True(t, task.IsDone())
			v, err := task.Await(ctx)
			require.NoError(t, err)
			require.Equal(t, "hello", v)
			require.False(t, turn, "nobody else had a turn")
		})
	})
	t.Run("may settle what its creator then awaits", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			p := future.NewOn[string](here(t, ctx))
			task := loop.CreateTask(ctx, func(context.Context) (none, error) {
				return none{}, p.SetResult("my message")
			})
			require.True(t, task.IsDone())
			v, err := p.Future().Await(ctx)
			require.NoError(t, err)
			require.Equal(t, "my message", v)
		})
	})
	t.Run("that waits is like any other from then on", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			task := loop.CreateTask(ctx, func(ctx context.Context) (string, error) {
				return "finished after blocking", loop.Sleep(ctx, 1)
			})
			require.False(t, task.IsDone())
			v, err := task.Await(ctx)
			require.NoError(t, err)
			require.Equal(t, "finished after blocking", v)
		})
	})
	t.Run("that is done cannot be canceled", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			task := loop.CreateTask(ctx, func(context.Context) (int, error) { return 1, nil })
			require.False(t, task.Cancel())
			v, err := task.Await(ctx)
			require.NoError(t, err)
			require.Equal(t, 1, v)
			require.False(t, task.Canceled())
		})
	})
	t.Run("that waits can be canceled", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return 1, loop.Sleep(ctx, 1<<40) })
			why := errors.New("cancellation message")
			require.True(t, task.CancelCause(why))
			require.Positive(t, task.Cancelling())
			_, err := task.Await(ctx)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, why)
		})
	})
	t.Run("is the current task until it waits, and again after", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			me := loop.CurrentTask(ctx)
			var inside loop.AnyTask
			task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
				inside = loop.CurrentTask(ctx)
				err := loop.Sleep(ctx, 0)
				require.Equal(t, inside, loop.CurrentTask(ctx))
				return 0, err
			})
			require.True(t, inside == task)
			require.Equal(t, me, loop.CurrentTask(ctx))
			_, err := task.Await(ctx)
			require.NoError(t, err)
		})
	})
	t.Run("is among all tasks while it runs, and no longer when it is done", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			var during []loop.AnyTask
			l := here(t, ctx)
			task := loop.CreateTask(ctx, func(context.Context) (int, error) {
				during = loop.AllTasks(l)
				return 0, nil
			})
			require.Contains(t, during, loop.AnyTask(task))
			require.NotContains(t, loop.AllTasks(l), loop.AnyTask(task))
		})
	})
	t.Run("is among all tasks while it waits", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			l := here(t, ctx)
			first, second := future.NewOn[none](l), future.NewOn[none](l)
			var during []loop.AnyTask
			task := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				during = loop.AllTasks(l)
				if _, err := first.Future().Await(ctx); err != nil {
					return none{}, err
				}
				return none{}, second.SetResult(none{})
			})
			require.Contains(t, during, loop.AnyTask(task))
			require.Contains(t, loop.AllTasks(l), loop.AnyTask(task))
			require.NoError(t, first.SetResult(none{}))
			_, err := second.Future().Await(ctx)
			require.NoError(t, err)
			require.NotContains(t, loop.AllTasks(l), loop.AnyTask(task))
		})
	})
	t.Run("has a context of its own, and leaves its creator's alone", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			type key struct{}
			ctx = context.WithValue(ctx, key{}, 1)
			steps := 0
			task := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				require.Equal(t, 1, ctx.Value(key{}))
				ctx = context.WithValue(ctx, key{}, 2)
				steps++
				require.NoError(t, loop.Sleep(ctx, 0))
				require.Equal(t, 2, ctx.Value(key{}))
				steps++
				return none{}, nil
			})
			require.Equal(t, 1, steps)
			require.Equal(t, 1, ctx.Value(key{}))
			_, err := task.Await(ctx)
			require.NoError(t, err)
			require.Equal(t, 2, steps)
			require.Equal(t, 1, ctx.Value(key{}))
		})
	})
	t.Run("may be started by an eager task, to any depth", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			var order []int
			var nest func(ctx context.Context, depth int) *loop.Task[int]
			nest = func(ctx context.Context, depth int) *loop.Task[int] {
				return loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
					me := loop.CurrentTask(ctx)
					order = append(order, depth)
					if depth == 5 {
						return 0, loop.Sleep(ctx, 0)
					}
					inner := nest(ctx, depth+1)
					require.Equal(t, me, loop.CurrentTask(ctx))
					order = append(order, -depth)
					v, err := inner.Await(ctx)
					return v + 1, err
				})
			}
			task := nest(ctx, 0)
			require.Equal(t, []int{0, 1, 2, 3, 4, 5, -4, -3, -2, -1, 0}, order)
			v, err := task.Await(ctx)
			require.NoError(t, err)
			require.Equal(t, 5, v)
		})
	})
	t.Run("that panics or ends its goroutine fails alone", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			for name, body := range map[string]func(context.Context) (int, error){
				"panic":  func(context.Context) (int, error) { panic("boom") },
				"goexit": func(context.Context) (int, error) { runtime.Goexit(); return 0, nil },
				"goexit later": func(ctx context.Context) (int, error) {
					_ = loop.Sleep(ctx, 0)
					runtime.Goexit()
					return 0, nil
				},
			} {
				task := loop.CreateTask(ctx, body, loop.WithName(name))
				_, err := task.Await(ctx)
				var p *future.PanicError
				require.ErrorAs(t, err, &p, name)
			}
			require.NoError(t, loop.Sleep(ctx, 0))
		})
	})
	t.Run("whose context has ended never starts", func(t *testing.T) {
		runEager(t, func(ctx context.Context) {
			ended, cancel := context.WithCancelCause(ctx)
			why := errors.New("over")
			cancel(why)
			task := loop.CreateTask(ended, func(context.Context) (int, error) {
				t.Error("started")
				return 0, nil
			})
			require.True(t, task.Canceled())
			require.ErrorIs(t, task.Err(), why)
		})
	})
}

func TestSetTaskFactory(t *testing.T) {
	l := newLoop(t)
	require.Nil(t, l.GetTaskFactory())
	l.SetTaskFactory(loop.EagerTaskFactory)
	require.NotNil(t, l.GetTaskFactory())
	var done bool
	require.NoError(t, l.RunUntilComplete(loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
		done = loop.CreateTask(ctx, func(context.Context) (none, error) { return none{}, nil }).IsDone()
		return none{}, nil
	})))
	require.True(t, done, "the factory that was set is the one that is asked")
	l.SetTaskFactory(nil)
	require.Nil(t, l.GetTaskFactory())
}

func TestWithEagerStart(t *testing.T) {
	body := func(context.Context) (int, error) { return 1, nil }
	run(t, func(ctx context.Context) {
		require.True(t, loop.CreateTask(ctx, body, loop.WithEagerStart(true)).IsDone())
		require.False(t, loop.CreateTask(ctx, body, loop.WithEagerStart(false)).IsDone())
		require.False(t, loop.CreateTask(ctx, body).IsDone())

		here(t, ctx).SetTaskFactory(loop.EagerTaskFactory)
		require.True(t, loop.CreateTask(ctx, body).IsDone())
		require.False(t, loop.CreateTask(ctx, body, loop.WithEagerStart(false)).IsDone(), "the option counts")
	})
	t.Run("in a callback", func(t *testing.T) {
		l := newLoop(t)
		soon(t, l, func() {
			defer l.Stop()
			require.True(t, loop.CreateTask(l.Context(), body, loop.WithEagerStart(true)).IsDone())
		})
		require.NoError(t, l.RunForever())
	})
	t.Run("only counts on the running loop", func(t *testing.T) {
		l := newLoop(t)
		early := loop.CreateTask(l.Context(), body, loop.WithEagerStart(true))
		require.False(t, early.IsDone(), "the loop does not run yet")
		require.NoError(t, l.RunUntilComplete(early))

		var where bool
		foreign := loop.CreateTask(l.Context(), func(ctx context.Context) (int, error) {
			f := loop.ToThread(ctx, func(context.Context) (bool, error) {
				task := loop.CreateTask(l.Context(), func(ctx context.Context) (int, error) {
					where = loop.CurrentTask(ctx) != nil
					return 1, nil
				}, loop.WithEagerStart(true))
				_, err := task.Await(context.Background())
				return where, err
			})
			ok, err := f.Await(ctx)
			require.True(t, ok, "it ran on the loop, not where it was made")
			return 0, err
		})
		require.NoError(t, l.RunUntilComplete(foreign))
	})
}

// counting returns a factory that counts the tasks that are not started at once.
func counting(eager bool, n *int) loop.TaskFactory {
	return func(_ context.Context, _ *loop.Loop, spec *loop.TaskSpec) error {
		spec.Eager = eager
		if !eager {
			*n++
		}
		return nil
	}
}

func TestRecursiveTaskGroups(t *testing.T) {
	for name, eager := range map[string]bool{"eager": true, "scheduled": false} {
		t.Run(name, func(t *testing.T) {
			tasks, bodies := 0, 0
			var recurse func(ctx context.Context, width, depth int) error
			recurse = func(ctx context.Context, width, depth int) error {
				bodies++
				if depth == 0 {
					return nil
				}
				return loop.WithTaskGroup(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
					for range width {
						g.Go(func(ctx context.Context) error { return recurse(ctx, width, depth-1) })
					}
					return nil
				})
			}
			run(t, func(ctx context.Context) {
				here(t, ctx).SetTaskFactory(counting(eager, &tasks))
				require.NoError(t, recurse(ctx, 5, 4))
			})
			require.Equal(t, 781, bodies)
			if eager {
				require.Zero(t, tasks)
			} else {
				require.Equal(t, 780, tasks)
			}
		})
	}
}

func TestRecursiveGather(t *testing.T) {
	for name, eager := range map[string]bool{"eager": true, "scheduled": false} {
		t.Run(name, func(t *testing.T) {
			tasks, bodies := 0, 0
			var recurse func(ctx context.Context, width, depth int) (none, error)
			recurse = func(ctx context.Context, width, depth int) (none, error) {
				bodies++
				if depth == 0 {
					return none{}, nil
				}
				children := make([]*loop.Task[none], width)
				for i := range children {
					children[i] = loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
						return recurse(ctx, width, depth-1)
					})
				}
				_, err := future.Gather(children...).Await(ctx)
				return none{}, err
			}
			run(t, func(ctx context.Context) {
				here(t, ctx).SetTaskFactory(counting(eager, &tasks))
				_, err := recurse(ctx, 5, 4)
				require.NoError(t, err)
			})
			require.Equal(t, 781, bodies)
			if eager {
				require.Zero(t, tasks)
			} else {
				require.Equal(t, 780, tasks)
			}
		})
	}
}

func TestAGroupThatStopsDuringAnEagerFirstStepStopsThatTaskToo(t *testing.T) {
	run(t, func(ctx context.Context) {
		boom := errors.New("boom")
		var outer *loop.Task[none]
		err := loop.WithTaskGroup(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			outer = g.Go(func(ctx context.Context) error {
				g.Go(func(context.Context) error { return boom }, loop.WithEagerStart(true))
				return loop.Sleep(ctx, time.Hour)
			}, loop.WithEagerStart(true))
			return nil
		})
		require.ErrorIs(t, err, boom)
		require.True(t, outer.Canceled())
	})
}
