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

func TestTaskGroupEndsWithTheFirstError(t *testing.T) {
	sub(t, "of a task, when the body has ended", func(t *testing.T, ctx context.Context) {
		var other *loop.Task[int]
		beyond := false
		task := spawn(ctx, func(ctx context.Context) error {
			err := group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
				g.Go(failer(tick, errBoom))
				other = loop.Go(g, sleeper(10*tick, 0))
				return nil
			})
			beyond = err == nil
			return err
		})
		requireErrors(t, outcome(ctx, task), errBoom)
		require.False(t, beyond)
		require.True(t, other.Canceled())
	})
	sub(t, "of a task, while the body waits", func(t *testing.T, ctx context.Context) {
		var other *loop.Task[int]
		bodyCanceled := false
		err := outcome(ctx, spawn(ctx, func(ctx context.Context) error {
			return group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				for range 3 {
					g.Go(failer(tick, errBoom))
				}
				other = loop.Go(g, sleeper(50*tick, 0))
				err := loop.Sleep(ctx, 100*tick)
				bodyCanceled = future.IsCanceled(err)
				return err
			})
		}))
		requireErrors(t, err, errBoom, errBoom, errBoom) // all three are due at one moment
		require.True(t, bodyCanceled)
		require.True(t, other.Canceled())
	})
	for name, wait := range map[string]time.Duration{"of the body, later": tick, "of the body, at once": -1} {
		sub(t, name, func(t *testing.T, ctx context.Context) {
			var t1, t2 *loop.Task[int]
			err := group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				t1, t2 = loop.Go(g, sleeper(10*tick, 42)), loop.Go(g, sleeper(20*tick, 11))
				if wait > 0 {
					require.NoError(t, loop.Sleep(ctx, wait))
				}
				return errBoom
			})
			requireErrors(t, err, errBoom)
			require.True(t, t1.Canceled())
			require.True(t, t2.Canceled())
		})
	}
	sub(t, "of an outer group, with an inner one waiting", func(t *testing.T, ctx context.Context) {
		err := outcome(ctx, spawn(ctx, func(ctx context.Context) error {
			return group(ctx, func(ctx context.Context, g1 *loop.TaskGroup) error {
				g1.Go(failer(tick, errBoom))
				return group(ctx, func(_ context.Context, g2 *loop.TaskGroup) error {
					g2.Go(failer(100*tick, errBang))
					return nil
				})
			})
		}))
		requireErrors(t, err, errBoom)
	})
	sub(t, "of an inner group, which is one error of the outer", func(t *testing.T, ctx context.Context) {
		err := outcome(ctx, spawn(ctx, func(ctx context.Context) error {
			return group(ctx, func(ctx context.Context, g1 *loop.TaskGroup) error {
				g1.Go(failer(100*tick, errBang))
				return group(ctx, func(_ context.Context, g2 *loop.TaskGroup) error {
					g2.Go(failer(tick, errBoom))
					return nil
				})
			})
		}))
		requireErrors(t, err, errBoom)
		requireErrors(t, firstOf(t, err), errBoom)
	})
	sub(t, "and the body's own comes last", func(t *testing.T, ctx context.Context) {
		err := outcome(ctx, spawn(ctx, func(ctx context.Context) error {
			return group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				g.Go(failer(tick, errBoom))
				return stubborn(10*tick, errBang)(ctx)
			})
		}))
		requireErrors(t, err, errBoom, errBang)
	})
	sub(t, "a resource inside that fails to close adds its error", func(t *testing.T, ctx context.Context) {
		err := group(ctx, func(ctx context.Context, g *loop.TaskGroup) (err error) {
			defer func() { err = errBang }() // the resource's close
			g.Go(failer(0, errBoom))
			return loop.Sleep(ctx, 10*tick)
		})
		requireErrors(t, err, errBoom, errBang)
		require.Zero(t, requests(ctx))
	})
	sub(t, "and takes its own request back", func(t *testing.T, ctx context.Context) {
		err := group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			g.Go(failer(0, errBoom))
			return nil
		})
		requireErrors(t, err, errBoom)
		require.Zero(t, requests(ctx))
		require.NoError(t, loop.Sleep(ctx, 0))
	})
	sub(t, "inner and outer at one moment, each takes back its own", func(t *testing.T, ctx context.Context) {
		err := group(ctx, func(ctx context.Context, outer *loop.TaskGroup) error {
			err := group(ctx, func(_ context.Context, inner *loop.TaskGroup) error {
				inner.Go(failer(0, errBoom))
				outer.Go(failer(0, errBang))
				return nil
			})
			requireErrors(t, err, errBoom)
			require.Equal(t, 1, requests(ctx))
			return nil
		})
		requireErrors(t, err, errBang)
		require.Zero(t, requests(ctx))
	})
	sub(t, "a library that returns the context's cause adds nothing", func(t *testing.T, ctx context.Context) {
		err := group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			g.Go(failer(tick, errBoom))
			_, err := loop.ToThread(context.WithoutCancel(ctx), func(context.Context) (none, error) {
				<-ctx.Done()
				return none{}, context.Cause(ctx)
			}).Await(context.Background())
			return err
		})
		requireErrors(t, err, errBoom)
	})
}

func TestTaskGroupAndAPanic(t *testing.T) {
	var p *future.PanicError
	sub(t, "of the body", func(t *testing.T, ctx context.Context) {
		err := group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			g.Go(failer(tick, errBoom))
			_ = loop.Sleep(ctx, 10*tick)
			panic(errBang)
		})
		requireErrors(t, err, errBoom, errBang)
		require.ErrorAs(t, err, &p)
		require.NotEmpty(t, p.Stack)
	})
	sub(t, "of the body, that is no error value", func(t *testing.T, ctx context.Context) {
		var other *loop.Task[int]
		err := group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			other = loop.Go(g, sleeper(10*tick, 0))
			panic("base exception")
		})
		require.ErrorAs(t, err, &p)
		require.Equal(t, "base exception", p.Value)
		require.True(t, other.Canceled())
	})
	sub(t, "of a task", func(t *testing.T, ctx context.Context) {
		err := group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				_ = loop.Sleep(ctx, tick)
				panic(errBoom)
			})
			return stubborn(10*tick, errBang)(ctx)
		})
		requireErrors(t, err, errBoom, errBang)
		require.ErrorAs(t, err, &p)
	})
}

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
		_ = loop.Sleep(ctx, 5*tick)
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
