package loop_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

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
				_ = loop.Sleep(context.WithoutCancel(ctx), tick)
				panic(errBoom)
			})
			return stubborn(10*tick, errBang)(ctx)
		})
		requireErrors(t, err, errBoom, errBang)
		require.ErrorAs(t, err, &p)
	})
}
