package loop_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// deafFor is a body that does not care for cancellation: it goes on for d.
func deafFor(d time.Duration) func(context.Context) (none, error) {
	return func(ctx context.Context) (none, error) {
		_ = loop.Sleep(ctx, time.Hour)
		_ = loop.Sleep(ctx, time.Hour)
		return none{}, loop.Sleep(loop.Resume(ctx), d)
	}
}

// reports collects what the exception handler hears.
type reports []loop.ExceptionContext

func (r *reports) handler(_ *loop.Loop, ec loop.ExceptionContext) { *r = append(*r, ec) }

func TestRunSaysForWhichCanceledTaskItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got reports
		_, err := loop.RunWith(t.Context(), loop.Config{ExceptionHandler: got.handler}, func(ctx context.Context) (none, error) {
			loop.CreateTask(ctx, deafFor(18*time.Second), loop.WithName("worker"))
			loop.CreateTask(ctx, deafFor(4*time.Second), loop.WithName("quick enough"))
			return none{}, loop.Sleep(ctx, time.Second)
		})
		require.NoError(t, err)
		require.Len(t, got, 2, "after 5 and after 15 seconds")
		for i, waited := range []string{"5s", "15s"} {
			require.Equal(t, "worker", got[i].Task)
			require.ErrorIs(t, got[i].Err, loop.ErrNotEnded)
			require.Regexp(t, `^the end of the run has waited `+waited+` for a canceled task: "worker" was canceled `+waited+
				` ago, 2 waits failed since, the last `+waited+` ago in .*deafFor.*overdue_test.go:\d+\), and it went on after 1 call of Resume; `+
				`now it waits in .*deafFor.*overdue_test.go:\d+\)$`, got[i].Message)
		}
	})
}

func TestARunnerSaysForWhichCanceledTaskItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got reports
		r := loop.NewRunner(loop.Config{ExceptionHandler: got.handler})
		require.NoError(t, r.Run(t.Context(), func(ctx context.Context) error {
			loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				return none{}, loop.Sleep(context.WithoutCancel(ctx), 6*time.Second)
			})
			return loop.Sleep(ctx, 0)
		}))
		require.NoError(t, r.Close())
		require.Len(t, got, 1)
		require.Contains(t, got[0].Message, "no wait of it has failed since; now it waits in ")
	})
}

func TestATaskGroupSaysForWhichCanceledTaskItWaits(t *testing.T) {
	for name, stop := range map[string]func(ctx context.Context, g *loop.TaskGroup) error{
		"after a failure": func(context.Context, *loop.TaskGroup) error { return errBoom },
		"after the failure of a task": func(_ context.Context, g *loop.TaskGroup) error {
			g.Go(func(context.Context) error { return errBoom })
			return nil
		},
		"after Cancel while it waits": func(ctx context.Context, g *loop.TaskGroup) error {
			l, _ := loop.FromContext(ctx)
			_, err := l.CallSoon(g.Cancel)
			return err
		},
		"that is canceled with its own": func(ctx context.Context, _ *loop.TaskGroup) error { loop.CurrentTask(ctx).Cancel(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got reports
				run(t, func(ctx context.Context) {
					here(t, ctx).SetExceptionHandler(got.handler)
					_ = outcome(ctx, spawn(ctx, func(ctx context.Context) error {
						return group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
							loop.Go(g, deafFor(6*time.Second), loop.WithName("child"))
							require.NoError(t, loop.Sleep(ctx, 0))
							return stop(ctx, g)
						})
					}))
				})
				require.Len(t, got, 1)
				require.Equal(t, "child", got[0].Task)
				require.Contains(t, got[0].Message, `a task group has waited 5s for a canceled task: "child" was canceled 5s ago, 2 waits failed`)
			})
		})
	}
}

func TestRunSaysForWhichCanceledWorkOfTheDefaultExecutorItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got reports
		_, err := loop.RunWith(t.Context(), loop.Config{ExceptionHandler: got.handler}, func(ctx context.Context) (none, error) {
			f := loop.ToThread(ctx, func(context.Context) (none, error) { // which does not look at its context
				<-time.After(7 * time.Second)
				return none{}, nil
			})
			if err := loop.Sleep(ctx, time.Second); err != nil {
				return none{}, err
			}
			f.Cancel()
			return none{}, nil
		})
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.ErrorIs(t, got[0].Err, loop.ErrNotEnded)
		require.Regexp(t, `^executor: the shutdown of pool "asyncgo" has waited 5s for a canceled call: .*, which asyncgo_0 has run for 6s, `+
			`was asked to end 5s ago; now it is in .*overdue_test\.go:\d+\) \(chan receive.*\); it must look at its context$`, got[0].Message)
	})
}
