package future_test

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// collect ranges over seq to its end and returns the values of what it yields.
func collect(t *testing.T, seq iter.Seq2[*loop.Task[string], error]) (values []string) {
	t.Helper()
	for f, err := range seq {
		require.NoError(t, err)
		require.True(t, f.IsDone())
		v, err := f.Result()
		require.NoError(t, err)
		values = append(values, v)
	}
	return values
}

func TestAsCompletedInATask(t *testing.T) {
	inTask(t, "in the order of completion", func(s stage) {
		start := time.Now()
		a, b, c := s.sleeper(tick, "a"), s.sleeper(tick, "b"), s.sleeper(15*tick, "c")
		require.Equal(s, []string{"a", "b", "c"}, collect(s.T, future.AsCompleted(s.ctx, list{b, c, a}, 0)))
		require.Equal(s, 15*tick, time.Since(start))
	})
	inTask(t, "yields what was passed in", func(s stage) {
		tasks := list{s.sleeper(0, ""), s.sleeper(0, ""), s.sleeper(tick, "")}
		var got list
		for f, err := range future.AsCompleted(s.ctx, tasks, 0) {
			require.NoError(s, err)
			got = append(got, f)
		}
		require.ElementsMatch(s, tasks, got)
	})
	inTask(t, "with a limit, counted from the call", func(s stage) {
		start := time.Now()
		a, b := s.sleeper(10*tick, "a"), s.sleeper(15*tick, "b")
		seq := future.AsCompleted(s.ctx, list{a, b}, 12*tick)
		var got []string
		var failure error
		for f, err := range seq {
			if err != nil {
				require.Nil(s, f)
				failure = err
				break
			}
			v, _ := f.Result()
			got = append(got, v)
			s.sleep(tick)
		}
		require.Equal(s, []string{"a"}, got)
		requireTimeout(s.T, failure)
		require.ErrorContains(s, failure, "1 (of 2) futures unfinished")
		require.Equal(s, 12*tick, time.Since(start))
		for f, err := range seq {
			require.Nil(s, f)
			requireTimeout(s.T, err)
		}
		requireOutcome(s.T, s.ctx, "b", b)
	})
	inTask(t, "with a limit that is not needed", func(s stage) {
		require.Equal(s, []string{"a"}, collect(s.T, future.AsCompleted(s.ctx, list{s.sleeper(tick, "a")}, 100*tick)))
	})
	inTask(t, "goes on after break", func(s stage) {
		seq := future.AsCompleted(s.ctx, list{s.sleeper(0, "0"), s.sleeper(0, "1"), s.sleeper(0, "2"), s.sleeper(0, "3")}, 0)
		var got []string
		for f, err := range seq {
			require.NoError(s, err)
			v, _ := f.Result()
			if got = append(got, v); len(got) == 2 {
				break
			}
		}
		got = append(got, collect(s.T, seq)...)
		require.Equal(s, []string{"0", "1", "2", "3"}, got)
		require.Empty(s, collect(s.T, seq))
	})
	inTask(t, "shared by tasks, each gets the next in its turn", func(s stage) {
		start := time.Now()
		seq := future.AsCompleted(s.ctx, list{s.sleeper(2*tick, "b"), s.sleeper(tick, "a")}, 0)
		next := func() *loop.Task[string] {
			return s.task(func(context.Context) (string, error) {
				for f, err := range seq {
					require.NoError(s, err)
					v, err := f.Result()
					return v + " after " + time.Since(start).String(), err
				}
				return "nothing", nil
			})
		}
		x, y, z := next(), next(), next()
		requireOutcome(s.T, s.ctx, "a after "+tick.String(), x)
		requireOutcome(s.T, s.ctx, "b after "+(2*tick).String(), y)
		requireOutcome(s.T, s.ctx, "nothing", z)
	})
	inTask(t, "what it yields can be waited for by others", func(s stage) {
		start := time.Now()
		var got list
		for f, err := range future.AsCompleted(s.ctx, list{s.sleeper(tick, "a"), s.sleeper(tick, "b")}, 0) {
			require.NoError(s, err)
			got = append(got, f)
		}
		requireWait(s.T, s.ctx, got, all, got, nil)
		require.Len(s, got, 2)
		require.Equal(s, tick, time.Since(start))
	})
	inTask(t, "duplicates come once", func(s stage) {
		ham := s.sleeper(0, "ham")
		require.Equal(s, []string{"ham", "spam"}, collect(s.T, future.AsCompleted(s.ctx, list{ham, ham, s.sleeper(0, "spam")}, 0)))
	})
	inTask(t, "of one task of the running loop", func(s stage) {
		require.Equal(s, []string{"42"}, collect(s.T, future.AsCompleted(s.ctx, list{s.sleeper(0, "42")}, 0)))
	})
	t.Run("of a task without a loop yields its failure", func(t *testing.T) {
		task := loop.CreateTask(t.Context(), func(context.Context) (string, error) { return "", nil })
		for f, err := range future.AsCompleted(t.Context(), list{task}, 0) {
			require.NoError(t, err)
			require.ErrorIs(t, f.Err(), loop.ErrNoLoop)
		}
	})
	inTask(t, "of nothing", func(s stage) {
		require.Empty(s, collect(s.T, future.AsCompleted(s.ctx, list{}, tick)))
	})
	inTask(t, "canceled, cancels nothing, and another goes on", func(s stage) {
		seq := future.AsCompleted(s.ctx, list{s.sleeper(2*tick, "a")}, 0)
		drain := func() *loop.Task[string] {
			return s.task(func(context.Context) (string, error) {
				for f, err := range seq {
					if err != nil {
						return "", err
					}
					return f.Result()
				}
				return "nothing", nil
			})
		}
		one, other := drain(), drain()
		s.sleep(tick)
		one.Cancel()
		requireFails(s.T, s.ctx, context.Canceled, one)
		requireOutcome(s.T, s.ctx, "a", other)
	})
	inTask(t, "keeps its context, so a body that goes on after a cancellation ranges anew", func(s stage) {
		fs := list{s.sleeper(tick, "a"), s.sleeper(2*tick, "b")}
		task := s.task(func(ctx context.Context) (string, error) {
			seq := future.AsCompleted(ctx, fs, 0)
			for f, err := range seq {
				require.NoError(s, err)
				require.Same(s, fs[0], f)
				loop.CurrentTask(ctx).Cancel()
				require.ErrorIs(s, loop.Sleep(ctx, 0), context.Canceled)
				ctx = loop.Resume(ctx)
				break
			}
			for _, err := range seq {
				require.ErrorIs(s, err, context.Canceled)
			}
			return collect(s.T, future.AsCompleted(ctx, fs, 0))[1], nil
		})
		requireOutcome(s.T, s.ctx, "b", task)
	})
	inTask(t, "of futures of two loops", func(s stage) {
		other := loop.New(loop.Config{})
		n := 0
		for f, err := range future.AsCompleted(s.ctx, ints{future.NewOn[int](s.l).Future(), future.NewOn[int](other).Future()}, 0) {
			require.Nil(s, f)
			require.ErrorIs(s, err, future.ErrForeignLoop)
			n++
		}
		require.Equal(s, 1, n)
		require.NoError(s, other.Close())
	})
}

func TestAsCompletedInAGoroutine(t *testing.T) {
	inYard(t, "without a limit", func(y yard) {
		slow, slower := y.work(tick, nil), y.work(2*tick, errBoom)
		want := ints{y.canceled, y.failed, y.succeeded, slow, slower}
		var got ints
		for f, err := range future.AsCompleted(y.Context(), ints{slower, y.canceled, y.failed, y.succeeded, slow}, 0) {
			require.NoError(y, err)
			got = append(got, f)
		}
		require.Equal(y, want, got)
	})
	for name, limit := range map[string]time.Duration{"with a limit": tick, "with no time at all": -1} {
		inYard(t, name, func(y yard) {
			slow := y.work(10*tick, nil)
			var got ints
			var failure error
			for f, err := range future.AsCompleted(y.Context(), ints{y.canceled, slow, y.failed, y.succeeded}, limit) {
				if failure = err; err == nil {
					got = append(got, f)
				}
			}
			requireTimeout(y.T, failure)
			require.Equal(y, ints{y.canceled, y.failed, y.succeeded}, got)
		})
	}
	inYard(t, "duplicates come once", func(y yard) {
		f := y.work(tick, nil)
		n := 0
		for got, err := range future.AsCompleted(y.Context(), ints{f, f, f}, 0) {
			require.NoError(y, err)
			require.Same(y, f, got)
			n++
		}
		require.Equal(y, 1, n)
	})
	inYard(t, "the timeout counts the unfinished", func(y yard) {
		running := future.New[int]()
		running.SetRunning()
		var failure error
		for _, err := range future.AsCompleted(y.Context(), ints{y.canceled, future.New[int]().Future(), running.Future(), y.succeeded}, -1) {
			failure = err
		}
		require.EqualError(y, failure, "timed out: 2 (of 4) futures unfinished")
	})
	inYard(t, "until the context ends", func(y yard) {
		ctx, cancel := context.WithCancelCause(y.Context())
		after(tick, func() { cancel(errBoom) })
		for f, err := range future.AsCompleted(ctx, ints{y.work(ever, nil)}, 0) {
			require.Nil(y, f)
			require.ErrorIs(y, err, errBoom)
		}
	})
	t.Run("shared by goroutines that race with the work", func(t *testing.T) {
		for range 20 {
			ps := make([]*future.Promise[int], 50)
			fs := make(ints, len(ps))
			for i := range ps {
				ps[i] = future.New[int]()
				fs[i] = ps[i].Future()
			}
			seq := future.AsCompleted(t.Context(), fs, 0)
			var sum atomic.Int64
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for f, err := range seq {
						if err != nil {
							t.Error(err)
							return
						}
						v, _ := f.Result()
						sum.Add(int64(v))
					}
				})
			}
			for i, p := range ps {
				wg.Go(func() { _ = p.SetResult(i) })
			}
			wg.Wait()
			require.EqualValues(t, 50*49/2, sum.Load())
		}
	})
}
