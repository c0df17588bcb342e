package loop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// fromThread runs fn in a goroutine while the loop runs, and waits for it.
func fromThread(t *testing.T, fn func(l *loop.Loop) error) {
	t.Helper()
	run(t, func(ctx context.Context) {
		l := here(t, ctx)
		_, err := loop.ToThread(ctx, func(context.Context) (none, error) { return none{}, fn(l) }).Await(ctx)
		require.NoError(t, err)
	})
}

func expect(ok bool, what string) error {
	if !ok {
		return errors.New(what)
	}
	return nil
}

func TestRunCoroutineThreadsafe(t *testing.T) {
	boom := errors.New("boom")
	add := func(a, b int) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) { return a + b, loop.Sleep(ctx, 0) }
	}
	bg := context.Background()
	t.Run("brings the result to the goroutine", func(t *testing.T) {
		fromThread(t, func(l *loop.Loop) error {
			f := loop.RunCoroutineThreadsafe(l, add(1, 2))
			v, err := f.Await(bg)
			return errors.Join(err, expect(v == 3, "the sum"), expect(f.Home() == nil, "a free future"))
		})
	})
	t.Run("and the error", func(t *testing.T) {
		fromThread(t, func(l *loop.Loop) error {
			_, err := loop.RunCoroutineThreadsafe(l, func(context.Context) (int, error) { return 0, boom }).Await(bg)
			return expect(errors.Is(err, boom), "the error")
		})
	})
	t.Run("giving up after a while cancels nothing", func(t *testing.T) {
		fromThread(t, func(l *loop.Loop) error {
			gate := future.New[int]()
			f := loop.RunCoroutineThreadsafe(l, func(ctx context.Context) (int, error) { return gate.Future().Await(ctx) })
			short, cancel := context.WithTimeout(bg, time.Millisecond)
			defer cancel()
			_, err := f.Await(short)
			if !errors.Is(err, context.DeadlineExceeded) || f.IsDone() {
				return errors.New("gave up wrongly")
			}
			_ = gate.SetResult(7)
			v, err := f.Await(bg)
			return errors.Join(err, expect(v == 7, "the result"))
		})
	})
	t.Run("canceling the future cancels the task", func(t *testing.T) {
		fromThread(t, func(l *loop.Loop) error {
			began, ended := make(chan none), make(chan error, 1)
			f := loop.RunCoroutineThreadsafe(l, func(ctx context.Context) (int, error) {
				close(began)
				err := loop.Sleep(ctx, time.Hour)
				ended <- err
				return 0, err
			})
			<-began
			ok := f.CancelCause(boom)
			_, err := f.Await(bg)
			return errors.Join(
				expect(ok && f.Canceled() && errors.Is(err, boom), "the future is canceled"),
				expect(errors.Is(<-ended, boom), "the task is told why"))
		})
	})
	t.Run("a task that is canceled on the loop cancels the future", func(t *testing.T) {
		fromThread(t, func(l *loop.Loop) error {
			f := loop.RunCoroutineThreadsafe(l, func(ctx context.Context) (int, error) {
				loop.CurrentTask(ctx).CancelCause(boom)
				return 0, loop.Sleep(ctx, time.Hour)
			})
			_, err := f.Await(bg)
			return expect(f.Canceled() && errors.Is(err, boom), "canceled")
		})
	})
	t.Run("a factory's refusal is on the future and told to the handler", func(t *testing.T) {
		var heard []loop.ExceptionContext
		_, err := loop.RunWith(t.Context(), loop.Config{
			ExceptionHandler: func(_ *loop.Loop, ec loop.ExceptionContext) { heard = append(heard, ec) },
		}, func(ctx context.Context) (none, error) {
			l := here(t, ctx)
			l.SetTaskFactory(func(context.Context, *loop.Loop, *loop.TaskSpec) error { return boom })
			_, err := loop.ToThread(ctx, func(context.Context) (none, error) {
				_, err := loop.RunCoroutineThreadsafe(l, add(1, 2)).Await(bg)
				return none{}, err
			}).Await(ctx)
			require.ErrorIs(t, err, boom)
			l.SetTaskFactory(nil) // Run winds up with tasks of its own
			return none{}, nil
		})
		require.NoError(t, err)
		require.Len(t, heard, 1)
		require.ErrorIs(t, heard[0].Err, boom)
	})
	t.Run("on a closed loop the future says so", func(t *testing.T) {
		l := newLoop(t)
		require.NoError(t, l.Close())
		_, err := loop.RunCoroutineThreadsafe(l, add(1, 2)).Await(bg)
		require.ErrorIs(t, err, loop.ErrClosed)
	})
	t.Run("on a loop that closes before the task could run too", func(t *testing.T) {
		l := newLoop(t)
		l.SetExceptionHandler(func(*loop.Loop, loop.ExceptionContext) {})
		f := loop.RunCoroutineThreadsafe(l, add(1, 2))
		require.NoError(t, l.Close())
		_, err := f.Await(bg)
		require.ErrorIs(t, err, loop.ErrClosed)
	})
	t.Run("on a loop that closes while the outcome is on its way", func(t *testing.T) {
		l := newLoop(t)
		f := loop.RunCoroutineThreadsafe(l, func(context.Context) (int, error) {
			l.Stop()
			return 4, nil
		})
		require.NoError(t, l.RunForever())
		require.NoError(t, l.Close())
		v, err := f.Await(bg)
		require.NoError(t, err)
		require.Equal(t, 4, v)
	})
}

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
