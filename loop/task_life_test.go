package loop_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestATaskBelongsToTheLoopOnWhichItWasCreated(t *testing.T) {
	for range 2 {
		l := newLoop(t)
		task := loop.CreateTask(l.Context(), func(context.Context) (string, error) { return "ok", nil })
		require.Equal(t, future.Poster(l), task.Home())
		require.NoError(t, l.RunUntilComplete(task))
		require.True(t, task.IsDone())
		v, err := task.Result()
		require.NoError(t, err)
		require.Equal(t, "ok", v)
	}
}

func TestTasksAwaitTasks(t *testing.T) {
	run(t, func(ctx context.Context) {
		inner := func(name string) func(context.Context) (string, error) {
			return func(ctx context.Context) (string, error) { return name, loop.Sleep(ctx, 0) }
		}
		outer := loop.CreateTask(ctx, func(ctx context.Context) (string, error) {
			a, err := inner("inner1")(ctx) // a plain call runs in the caller's task
			require.NoError(t, err)
			b, err := loop.CreateTask(ctx, inner("inner2")).Await(ctx)
			return a + b, err
		})
		v, err := outer.Await(ctx)
		require.NoError(t, err)
		require.Equal(t, "inner1inner2", v)
	})
}

func TestATasksErrorGoesToEveryAwaiterEachTime(t *testing.T) {
	run(t, func(ctx context.Context) {
		boom := errors.New("boom")
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			require.NoError(t, loop.Sleep(ctx, 0))
			return 0, boom
		})
		var waiters []*loop.Task[int]
		for range 3 {
			waiters = append(waiters, loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return task.Await(ctx) }))
		}
		for _, w := range waiters {
			_, err := w.Await(ctx)
			require.Same(t, boom, err)
			require.False(t, w.Canceled())
		}
		require.Same(t, boom, task.Err())
	})
}

func TestATaskThatReturnsAFutureDoesNotAwaitIt(t *testing.T) {
	run(t, func(ctx context.Context) {
		f := pending(here(t, ctx))
		v, err := loop.CreateTask(ctx, func(context.Context) (*future.Future[int], error) { return f, nil }).Await(ctx)
		require.NoError(t, err)
		require.Same(t, f, v)
		require.False(t, f.IsDone())
	})
}

func TestATaskIsAFutureWithoutAWriteEnd(t *testing.T) {
	l := newLoop(t)
	task := loop.CreateTask(l.Context(), func(context.Context) (int, error) { return 1, nil })
	t.Run("what takes futures takes tasks", func(t *testing.T) {
		var _ future.Awaitable[int] = task
		var _ future.Waitable = task
		require.NoError(t, l.RunUntilComplete(future.Gather(task)))
	})
	t.Run("nobody can settle it", func(t *testing.T) {
		_, settable := any(task).(interface{ SetResult(int) error })
		require.False(t, settable)
		_, failable := any(task).(interface{ SetError(error) error })
		require.False(t, failable)
	})
}

// TestWhatEnsureFutureIsFor shows what stands in for asyncio.ensure_future: whatever
// can be awaited has a future, so there is nothing to ensure.
func TestWhatEnsureFutureIsFor(t *testing.T) {
	future0 := func(aw future.Awaitable[int]) *future.Future[int] { return aw.Future() }
	l := newLoop(t)
	t.Run("a function becomes a task", func(t *testing.T) {
		f := future0(loop.CreateTask(l.Context(), func(context.Context) (int, error) { return 7, nil }))
		require.NoError(t, l.RunUntilComplete(f))
		v, err := f.Result()
		require.NoError(t, err)
		require.Equal(t, 7, v)
	})
	t.Run("a future stays itself", func(t *testing.T) {
		f := pending(l)
		require.Same(t, f, future0(f))
	})
	t.Run("a task stays itself", func(t *testing.T) {
		task := loop.CreateTask(l.Context(), func(context.Context) (int, error) { return 7, nil })
		require.Same(t, task.Future(), future0(future0(task)))
		require.NoError(t, l.RunUntilComplete(task))
	})
}

func TestCreateTaskOfTheRunningLoop(t *testing.T) {
	run(t, func(ctx context.Context) {
		task := loop.CreateTask(ctx, func(context.Context) (int, error) { return 1, nil })
		require.Equal(t, future.Poster(here(t, ctx)), task.Home())
		v, err := task.Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, v)
	})
}

func TestCreateTaskOfAMethodValueAndOfAFunction(t *testing.T) {
	run(t, func(ctx context.Context) {
		v, err := loop.CreateTask(ctx, answer(42).get).Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 42, v)
		_, err = loop.CreateTask(ctx, failingTask).Await(ctx)
		require.ErrorContains(t, err, "a function of the package")
	})
}

type answer int

func (a answer) get(context.Context) (int, error) { return int(a), nil }

func failingTask(context.Context) (none, error) {
	return none{}, errors.New("a function of the package")
}

func TestTaskNames(t *testing.T) {
	body := func(context.Context) (int, error) { return 1, nil }
	run(t, func(ctx context.Context) {
		t.Run("count up by default", func(t *testing.T) {
			var a, b int
			_, err := fmt.Sscanf(loop.CreateTask(ctx, body).Name(), "Task-%d", &a)
			require.NoError(t, err)
			_, err = fmt.Sscanf(loop.CreateTask(ctx, body).Name(), "Task-%d", &b)
			require.NoError(t, err)
			require.Greater(t, b, a)
		})
		t.Run("can be given and changed", func(t *testing.T) {
			task := loop.CreateTask(ctx, body, loop.WithName("coro"))
			require.Equal(t, "coro", task.Name())
			task.SetName("other")
			require.Equal(t, "other", task.Name())
		})
	})
}

func TestTaskString(t *testing.T) {
	run(t, func(ctx context.Context) {
		task := loop.CreateTask(ctx, endless, loop.WithName("T"))
		require.Equal(t, `<Task "T" pending>`, task.String())
		task.Cancel()
		require.Equal(t, `<Task "T" cancelling>`, task.String())
		_, _ = task.Await(ctx)
		require.Equal(t, `<Task "T" canceled>`, task.String())

		done := loop.CreateTask(ctx, func(context.Context) (string, error) { return "abc", nil }, loop.WithName("D"))
		_, _ = done.Await(ctx)
		require.Equal(t, `<Task "D" finished>`, done.String())
	})
}

func TestTaskStringSaysWhatTheTaskWaitsFor(t *testing.T) {
	run(t, func(ctx context.Context) {
		f := pending(here(t, ctx))
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return f.Await(ctx) }, loop.WithName("T"))
		require.NoError(t, loop.Sleep(ctx, 0))
		require.Equal(t, `<Task "T" pending wait_for=`+f.String()+`>`, task.String())

		other := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return task.Await(ctx) }, loop.WithName("U"))
		require.NoError(t, loop.Sleep(ctx, 0))
		require.Equal(t, `<Task "U" pending wait_for=<Task "T">>`, other.String(), "by name, however long the chain")
		other.Cancel()
		_, _ = other.Await(ctx)
	})
}

func TestTaskStringOfATaskWithoutAName(t *testing.T) {
	run(t, func(ctx context.Context) {
		task := loop.CreateTask(ctx, func(context.Context) (string, error) { return "", nil })
		require.Regexp(t, `^<Task "Task-\d+" pending>$`, task.String())
	})
}

func TestTheStringOfTasksThatWaitForEachOtherEnds(t *testing.T) {
	run(t, func(ctx context.Context) {
		tasks := make([]*loop.Task[any], 2)
		for i := range tasks {
			tasks[i] = loop.CreateTask(ctx, func(ctx context.Context) (any, error) {
				require.NotEmpty(t, tasks[i].String())
				return tasks[1-i].Await(ctx)
			})
		}
		require.NoError(t, loop.Sleep(ctx, 0))
		for _, task := range tasks {
			require.Contains(t, task.String(), "wait_for")
		}
		tasks[0].Cancel()
		_, err := tasks[1].Await(ctx)
		require.ErrorIs(t, err, context.Canceled)

		self := future.NewOn[any](here(t, ctx))
		task := loop.CreateTask(ctx, func(ctx context.Context) (any, error) { return self.Future().Await(ctx) })
		require.NoError(t, loop.Sleep(ctx, 0))
		require.NoError(t, self.SetResult(task))
		_, err = task.Await(ctx)
		require.NoError(t, err)
		require.NotContains(t, task.String(), "wait_for")
	})
}

func TestStopWhileAFutureIsRunToCompletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t)
		start, x := time.Now(), 0
		task := loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
			for x < 10 {
				if err := loop.Sleep(ctx, 100*time.Millisecond); err != nil {
					return none{}, err
				}
				x++
				if x == 2 {
					l.Stop()
				}
			}
			return none{}, nil
		})
		require.ErrorIs(t, l.RunUntilComplete(task), loop.ErrStopped)
		require.False(t, task.IsDone())
		require.Equal(t, 2, x)
		require.Equal(t, 200*time.Millisecond, time.Since(start))
		task.Cancel()
		require.ErrorIs(t, l.RunUntilComplete(task), context.Canceled)
	})
}

func TestAFutureOfAnotherLoopCannotBeRunToCompletion(t *testing.T) {
	require.ErrorIs(t, newLoop(t).RunUntilComplete(pending(newLoop(t))), future.ErrForeignLoop)
}

func TestATaskWithoutAFunctionFails(t *testing.T) {
	run(t, func(ctx context.Context) {
		require.Error(t, loop.CreateTask[int](ctx, nil).Err())
	})
}

func TestACanceledTaskIsNoErrorThatSomebodyMustSee(t *testing.T) {
	l := newLoop(t) // fails the test for whatever the exception handler hears
	task := loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
		return none{}, loop.Sleep(ctx, time.Hour)
	})
	task.Cancel()
	soon(t, l, l.Stop)
	require.NoError(t, l.RunForever())
	require.True(t, task.Canceled())
	require.NoError(t, l.Close())
}

func TestValuesOfATasksContext(t *testing.T) {
	type key struct{}
	value := func(ctx context.Context) any { return ctx.Value(key{}) }
	t.Run("are those of the moment of its creation", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			ctx = context.WithValue(ctx, key{}, "before")
			task := loop.CreateTask(ctx, func(ctx context.Context) (any, error) {
				require.Equal(t, "before", value(ctx))
				ctx = context.WithValue(ctx, key{}, "inside")
				require.NoError(t, loop.Sleep(ctx, 0))
				return value(ctx), nil
			})
			ctx = context.WithValue(ctx, key{}, "after")
			v, err := task.Await(ctx)
			require.NoError(t, err)
			require.Equal(t, "inside", v)
			require.Equal(t, "after", value(ctx), "what a task derives does not leak back")
		})
	})
	t.Run("of nested tasks are their own", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			var seen []any
			_, err := loop.CreateTask(context.WithValue(ctx, key{}, 1), func(ctx context.Context) (none, error) {
				seen = append(seen, value(ctx))
				_, err := loop.CreateTask(context.WithValue(ctx, key{}, 2), func(ctx context.Context) (none, error) {
					seen = append(seen, value(ctx))
					return none{}, nil
				}).Await(ctx)
				seen = append(seen, value(ctx))
				return none{}, err
			}).Await(ctx)
			require.NoError(t, err)
			require.Equal(t, []any{1, 2, 1}, seen)
			require.Nil(t, value(ctx))
		})
	})
	t.Run("of a hundred tasks do not mix", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			run(t, func(ctx context.Context) {
				var tasks []*loop.Task[none]
				for i := range 100 {
					tasks = append(tasks, loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
						for j := range 10 {
							ctx = context.WithValue(ctx, key{}, i+j)
							require.NoError(t, loop.Sleep(ctx, time.Duration(i*j%7)*time.Millisecond))
							require.Equal(t, i+j, value(ctx))
						}
						return none{}, nil
					}))
				}
				_, err := future.Gather(tasks...).Await(ctx)
				require.NoError(t, err)
			})
		})
	})
	t.Run("can be given to a task alone", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			own := loop.WithLoop(context.WithValue(context.Background(), key{}, "own"), here(t, ctx))
			v, err := loop.CreateTask(own, func(ctx context.Context) (any, error) { return value(ctx), nil }).Await(ctx)
			require.NoError(t, err)
			require.Equal(t, "own", v)
		})
	})
	t.Run("reach the main task of a loop", func(t *testing.T) {
		l := newLoop(t)
		task := loop.CreateTask(context.WithValue(l.Context(), key{}, "main"), func(ctx context.Context) (any, error) {
			return value(ctx), nil
		})
		require.NoError(t, l.RunUntilComplete(task))
		v, err := task.Result()
		require.NoError(t, err)
		require.Equal(t, "main", v)
	})
}
