package loop_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestTaskStartsInTheNextIteration(t *testing.T) {
	run(t, func(ctx context.Context) {
		started := false
		task := loop.CreateTask(ctx, func(context.Context) (int, error) {
			started = true
			return 7, nil
		})
		require.False(t, started)
		v, err := task.Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 7, v)
		require.True(t, started)
	})
}

func TestSleepZeroGivesEveryTaskATurn(t *testing.T) {
	run(t, func(ctx context.Context) {
		var order []string
		spin := func(name string) *loop.Task[none] {
			return loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				for range 3 {
					order = append(order, name)
					require.NoError(t, loop.Sleep(ctx, 0))
				}
				return none{}, nil
			})
		}
		_, err := future.Gather(spin("a"), spin("b")).Await(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b", "a", "b", "a", "b"}, order)
	})
}

func TestAnHourOfSleepPassesAtOnceInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		run(t, func(ctx context.Context) {
			require.NoError(t, loop.Sleep(ctx, time.Hour))
		})
		require.Equal(t, time.Hour, time.Since(start))
	})
}

func TestAwaitOfADoneFutureDoesNotYield(t *testing.T) {
	run(t, func(ctx context.Context) {
		yielded := false
		soon(t, here(t, ctx), func() { yielded = true })
		v, err := future.Resolved(1).Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, v)
		require.False(t, yielded)
	})
}

func TestSeveralTasksAwaitOneFutureRepeatedly(t *testing.T) {
	run(t, func(ctx context.Context) {
		p := future.NewOn[int](here(t, ctx))
		var tasks []*loop.Task[int]
		for range 3 {
			tasks = append(tasks, loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
				a, err := p.Future().Await(ctx)
				require.NoError(t, err)
				b, err := p.Future().Await(ctx)
				return a + b, err
			}))
		}
		soon(t, here(t, ctx), func() { require.NoError(t, p.SetResult(5)) })
		got, err := future.Gather(tasks...).Await(ctx)
		require.NoError(t, err)
		require.Equal(t, []int{10, 10, 10}, got)
	})
}

func TestPanicInATaskFailsTheTaskWithItsStack(t *testing.T) {
	boom := errors.New("boom")
	for name, value := range map[string]any{"a string": "boom", "an error": boom, "nil": nil} {
		t.Run(name, func(t *testing.T) {
			run(t, func(ctx context.Context) {
				task := loop.CreateTask(ctx, func(context.Context) (int, error) { panic(value) })
				_, err := task.Await(ctx)
				var p *future.PanicError
				require.ErrorAs(t, err, &p)
				require.Contains(t, string(p.Stack), "task_test.go")
				if value == boom {
					require.ErrorIs(t, err, boom)
				}
				require.NoError(t, loop.Sleep(ctx, 0)) // the loop goes on
			})
		})
	}
}

func TestGoexitInATaskFailsTheTaskAndNobodyHangs(t *testing.T) {
	run(t, func(ctx context.Context) {
		deferred := false
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			defer func() { deferred = true }()
			require.NoError(t, loop.Sleep(ctx, 0))
			runtime.Goexit()
			return 0, nil
		})
		_, err := task.Await(ctx)
		var p *future.PanicError
		require.ErrorAs(t, err, &p)
		require.True(t, p.Goexit)
		require.True(t, deferred)
		v, err := loop.CreateTask(ctx, func(context.Context) (int, error) { return 3, nil }).Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 3, v)
	})
}

func TestATaskCannotAwaitItself(t *testing.T) {
	run(t, func(ctx context.Context) {
		var task *loop.Task[int]
		waited := false
		task = loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			_, err := here(t, ctx).CallSoon(func() { waited = true })
			require.NoError(t, err)
			v, err := task.Await(ctx)
			require.False(t, waited, "it is told at once, not a turn later as in Python")
			return v, err
		})
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, future.ErrAwaitsItself)
	})
}

func TestNamesCountUp(t *testing.T) {
	run(t, func(ctx context.Context) {
		a := loop.CreateTask(ctx, func(context.Context) (int, error) { return 0, nil })
		b := loop.CreateTask(ctx, func(context.Context) (int, error) { return 0, nil }, loop.WithName("fetch"))
		require.Regexp(t, `^Task-\d+$`, a.Name())
		require.Equal(t, "fetch", b.Name())
		a.SetName("other")
		require.Equal(t, "other", a.Name())
		require.Contains(t, b.String(), "fetch")
		_, err := future.Gather(a, b).Await(ctx)
		require.NoError(t, err)
	})
}

func TestCreateTaskWithoutALoopFailsAtOnce(t *testing.T) {
	task := loop.CreateTask(t.Context(), func(context.Context) (int, error) { return 0, nil })
	require.True(t, task.IsDone())
	require.ErrorIs(t, task.Err(), loop.ErrNoLoop)
	require.False(t, task.Cancel())

	l := newLoop(t)
	ctx := l.Context()
	require.NoError(t, l.Close())
	task = loop.CreateTask(ctx, func(context.Context) (int, error) { return 0, nil })
	require.True(t, task.IsDone())
	require.ErrorIs(t, task.Err(), loop.ErrClosed)
}

func TestATaskIsKeptWithoutAReference(t *testing.T) {
	virtually(t, func(t *testing.T, ctx context.Context) {
		done := make(chan struct{})
		loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			defer close(done)
			return 0, loop.Sleep(ctx, 5*time.Millisecond)
		})
		for range 3 {
			runtime.GC()
		}
		require.NoError(t, loop.Sleep(ctx, 20*time.Millisecond))
		select {
		case <-done:
		default:
			t.Error("the task was lost")
		}
	})
}

func TestTaskContext(t *testing.T) {
	type key struct{}
	t.Run("has the values and the deadline of its creator's context", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			deadline := time.Now().Add(time.Hour)
			with, cancel := context.WithDeadline(context.WithValue(ctx, key{}, "v"), deadline)
			defer cancel()
			_, err := loop.CreateTask(with, func(ctx context.Context) (int, error) {
				require.Equal(t, "v", ctx.Value(key{}))
				got, ok := ctx.Deadline()
				require.True(t, ok)
				require.True(t, got.Equal(deadline))
				require.NoError(t, ctx.Err())
				return 0, nil
			}).Await(ctx)
			require.NoError(t, err)
		})
	})
	t.Run("contexts derived from it start no goroutine and know the cause", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			boom := errors.New("boom")
			before := runtime.NumGoroutine()
			inner := make(chan context.Context, 1)
			task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
				derived, cancel := context.WithCancel(context.WithValue(ctx, key{}, 1))
				defer cancel()
				require.LessOrEqual(t, runtime.NumGoroutine(), before+1, "one coroutine, nothing else")
				inner <- derived
				return 0, loop.Sleep(ctx, time.Hour)
			})
			require.NoError(t, loop.Sleep(ctx, 0))
			derived := <-inner
			task.CancelCause(boom)
			<-derived.Done() // closed by the call above, on this goroutine
			require.ErrorIs(t, context.Cause(derived), boom)
			_, err := task.Await(ctx)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, boom)
		})
	})
	t.Run("a derived context that ends cancels the task that was made with it", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			boom := errors.New("boom")
			derived, cancel := context.WithCancelCause(ctx)
			task := loop.CreateTask(derived, func(ctx context.Context) (int, error) {
				return 0, loop.Sleep(ctx, time.Hour)
			})
			require.NoError(t, loop.Sleep(ctx, 0))
			cancel(boom)
			_, err := task.Await(ctx)
			require.ErrorIs(t, err, context.Canceled)
			require.True(t, task.Canceled())
		})
	})
	t.Run("a chain of tasks does not keep its ancestors", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			collected := make(chan struct{})
			var last *loop.Task[int]
			func() {
				big := new([1 << 20]byte)
				runtime.AddCleanup(big, func(ch chan struct{}) { close(ch) }, collected)
				first := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
					last = loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
						return 0, loop.Sleep(ctx, time.Hour)
					})
					return int(big[0]), nil
				})
				_, err := first.Await(ctx)
				require.NoError(t, err)
			}()
			for {
				runtime.GC()
				select {
				case <-collected:
					last.Cancel()
					return
				default:
					require.NoError(t, loop.Sleep(ctx, time.Millisecond))
				}
			}
		})
	})
}
