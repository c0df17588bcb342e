package loop_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestWrapFuture(t *testing.T) {
	boom := errors.New("boom")
	t.Run("copies the outcome to the loop, and not before the loop runs", func(t *testing.T) {
		for name, c := range map[string]struct {
			settle func(p *future.Promise[int])
			want   error
		}{
			"a result":       {func(p *future.Promise[int]) { _ = p.SetResult(3) }, nil},
			"an error":       {func(p *future.Promise[int]) { _ = p.SetError(boom) }, boom},
			"a cancellation": {func(p *future.Promise[int]) { p.Future().Cancel() }, context.Canceled},
		} {
			for when, early := range map[string]bool{"before": true, "after": false} {
				t.Run(name+" "+when, func(t *testing.T) {
					run(t, func(ctx context.Context) {
						p := future.New[int]()
						if early {
							c.settle(p)
						}
						w := loop.WrapFuture(here(t, ctx), p.Future())
						require.Equal(t, future.Poster(here(t, ctx)), w.Home())
						if !early {
							go c.settle(p)
						}
						<-p.Future().Done()
						require.False(t, w.IsDone())
						v, err := w.Await(ctx)
						require.ErrorIs(t, err, c.want)
						require.Equal(t, errors.Is(c.want, context.Canceled), w.Canceled())
						if c.want == nil {
							require.Equal(t, 3, v)
						}
					})
				})
			}
		}
	})
	t.Run("returns a future of the loop as it is", func(t *testing.T) {
		l := newLoop(t)
		f := pending(l)
		require.Same(t, f, loop.WrapFuture(l, f))
		free := future.New[int]().Future()
		require.Same(t, free, loop.WrapFuture(nil, free))
		run(t, func(ctx context.Context) {
			task := loop.CreateTask(ctx, func(context.Context) (int, error) { return 1, nil })
			require.Same(t, task.Future(), loop.WrapFuture(here(t, ctx), task))
		})
	})
	t.Run("passes a cancellation on", func(t *testing.T) {
		l := newLoop(t)
		src := future.New[int]().Future()
		w := loop.WrapFuture(l, src)
		require.True(t, w.CancelCause(boom))
		require.True(t, w.Canceled())
		require.True(t, src.Canceled())
		require.ErrorIs(t, src.Err(), boom)
		require.False(t, w.Cancel())
	})
	t.Run("when it is canceled what runs already is left alone and its outcome dropped", func(t *testing.T) {
		l := newLoop(t)
		p := future.New[int]()
		require.True(t, p.SetRunning())
		w := loop.WrapFuture(l, p.Future())
		require.True(t, w.Cancel())
		require.False(t, p.Future().IsDone())
		require.NoError(t, p.SetResult(1))
		require.True(t, w.Canceled())
	})
	t.Run("when it is canceled the outcome that the source has already stays", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			p := future.New[int]()
			w := loop.WrapFuture(here(t, ctx), p.Future())
			require.NoError(t, p.SetResult(42))
			require.True(t, w.Cancel(), "the outcome is still on its way to the loop")
			require.NoError(t, loop.Sleep(ctx, 0))
			require.True(t, w.Canceled())
			v, err := p.Future().Result()
			require.NoError(t, err)
			require.Equal(t, 42, v)
		})
	})
	t.Run("a late outcome for a closed loop is no event", func(t *testing.T) {
		l := newLoop(t) // fails the test for whatever the exception handler hears
		canceled, waiting := future.New[int](), future.New[int]()
		w1, w2 := loop.WrapFuture(l, canceled.Future()), loop.WrapFuture(l, waiting.Future())
		require.True(t, canceled.SetRunning())
		w1.Cancel()
		require.NoError(t, l.Close())
		require.NoError(t, canceled.SetResult(1))
		require.NoError(t, waiting.SetError(boom))
		require.ErrorIs(t, w1.Err(), context.Canceled)
		require.ErrorIs(t, w2.Err(), loop.ErrClosed, "nobody is left waiting")
	})
	t.Run("an outcome on its way when the loop closes arrives", func(t *testing.T) {
		l := newLoop(t)
		p := future.New[int]()
		w := loop.WrapFuture(l, p.Future())
		require.NoError(t, p.SetResult(1))
		require.False(t, w.IsDone())
		require.NoError(t, l.Close())
		require.True(t, w.IsDone())
	})
	t.Run("brings a loop's outcome to another loop", func(t *testing.T) {
		a := newLoop(t)
		p := future.NewOn[int](a)
		got := make(chan error, 1)
		go func() {
			_, err := loop.Run(context.Background(), func(ctx context.Context) (none, error) {
				l, err := loop.FromContext(ctx)
				if err != nil {
					return none{}, err
				}
				w := loop.WrapFuture(l, p.Future())
				_, err = a.CallSoonThreadsafe(func() {
					_ = p.SetResult(8)
					_, _ = a.CallSoon(a.Stop)
				})
				if err != nil {
					return none{}, err
				}
				v, err := w.Await(ctx)
				if v != 8 {
					err = errors.Join(err, errors.New("wrong value"))
				}
				return none{}, err
			})
			got <- err
		}()
		require.NoError(t, a.RunForever())
		require.NoError(t, <-got)
	})
	t.Run("makes a free future of a loop's", func(t *testing.T) {
		l := newLoop(t)
		f := pending(l)
		w := loop.WrapFuture(nil, f)
		require.Nil(t, w.Home())
		require.True(t, w.Cancel())
		require.True(t, f.Canceled())
	})
}
