package future_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// gatherings are the two kinds of arguments with which gather is tested: futures,
// and tasks that await them.
var gatherings = map[string]func(s stage, ps []*future.Promise[int]) []*future.Future[int]{
	"futures": func(_ stage, ps []*future.Promise[int]) []*future.Future[int] { return futures(ps) },
	"tasks": func(s stage, ps []*future.Promise[int]) []*future.Future[int] {
		fs := make([]*future.Future[int], len(ps))
		for i, p := range ps {
			fs[i] = loop.CreateTask(s.ctx, p.Future().Await).Future()
		}
		s.turns(1)
		return fs
	},
}

// count returns a counter of f's callbacks.
func count[T any](f *future.Future[T]) *int {
	n := new(int)
	f.OnDone(func() { *n++ })
	return n
}

func TestGather(t *testing.T) {
	for name, wrap := range gatherings {
		inTask(t, name+", in the order of the arguments", func(s stage) {
			ps := s.promises(3)
			f := future.Gather(wrap(s, ps)...)
			called := count(f)
			_ = ps[1].SetResult(1)
			_ = ps[0].SetResult(2)
			s.turns(5)
			require.Zero(s, *called)
			require.False(s, f.IsDone())
			_ = ps[2].SetResult(3)
			s.turns(5)
			require.Equal(s, 1, *called)
			requireOutcome(s.T, s.ctx, []int{2, 1, 3}, f)
		})
		inTask(t, name+", the outcomes in the order of the arguments", func(s stage) {
			ps := s.promises(3)
			f := future.GatherOutcomes(wrap(s, ps)...)
			_ = ps[1].SetResult(1)
			_ = ps[0].SetResult(2)
			s.turns(5)
			require.False(s, f.IsDone())
			_ = ps[2].SetResult(3)
			requireOutcome(s.T, s.ctx, []future.Outcome[int]{{Value: 2}, {Value: 1}, {Value: 3}}, f)
		})
		inTask(t, name+", the first error ends it", func(s stage) {
			ps := s.promises(5)
			fs := wrap(s, ps)
			f := future.Gather(fs...)
			called := count(f)
			_ = ps[0].SetResult(1)
			_ = ps[1].SetError(errBoom)
			s.turns(5)
			require.True(s, f.IsDone())
			require.Equal(s, 1, *called)
			require.Equal(s, errBoom, f.Err())
			// The rest does nothing.
			_ = ps[2].SetResult(3)
			ps[3].Future().Cancel()
			_ = ps[4].SetError(errBang)
			s.turns(5)
			require.Equal(s, errBoom, f.Err())
			require.Equal(s, errBang, fs[4].Err())
		})
		inTask(t, name+", errors among the outcomes", func(s stage) {
			ps := s.promises(4)
			f := future.GatherOutcomes(wrap(s, ps)...)
			called := count(f)
			_ = ps[1].SetResult(1)
			_ = ps[2].SetError(errBoom)
			_ = ps[0].SetResult(3)
			s.turns(5)
			require.False(s, f.IsDone())
			_ = ps[3].SetError(errBang)
			s.turns(5)
			require.Equal(s, 1, *called)
			requireOutcome(s.T, s.ctx, []future.Outcome[int]{{Value: 3}, {Value: 1}, {Err: errBoom}, {Err: errBang}}, f)
		})
	}
	inTask(t, "a canceled argument is the error, and does not cancel", func(s stage) {
		ps := s.promises(5)
		f := future.Gather(futures(ps)...)
		called := count(f)
		_ = ps[0].SetResult(1)
		ps[1].Future().Cancel()
		s.turns(5)
		require.Equal(s, 1, *called)
		require.True(s, f.IsDone())
		require.False(s, f.Canceled())
		require.ErrorIs(s, f.Err(), context.Canceled)
		_ = ps[2].SetResult(3)
		ps[3].Future().Cancel()
		_ = ps[4].SetError(errBoom)
		require.Equal(s, errBoom, ps[4].Future().Err())
	})
	inTask(t, "canceled arguments among the outcomes", func(s stage) {
		ps := s.promises(6)
		f := future.GatherOutcomes(futures(ps)...)
		called := count(f)
		_ = ps[0].SetResult(1)
		_ = ps[1].SetError(errBoom)
		ps[2].Future().Cancel()
		s.turns(5)
		require.False(s, f.IsDone())
		_ = ps[3].SetResult(3)
		ps[4].Future().Cancel()
		_ = ps[5].SetError(errBang)
		outcomes, err := f.Await(s.ctx)
		require.NoError(s, err)
		require.ErrorIs(s, outcomes[2].Err, context.Canceled)
		require.ErrorIs(s, outcomes[4].Err, context.Canceled)
		outcomes[2], outcomes[4] = future.Outcome[int]{}, future.Outcome[int]{}
		require.Equal(s, []future.Outcome[int]{{Value: 1}, {Err: errBoom}, {}, {Value: 3}, {}, {Err: errBang}}, outcomes)
		require.Equal(s, 1, *called)
	})
	inTask(t, "of nothing is done", func(s stage) {
		f := future.Gather[*future.Future[int]]()
		require.True(s, f.IsDone())
		requireOutcome(s.T, s.ctx, []int{}, f)
	})
	t.Run("of nothing, without a loop", func(t *testing.T) {
		requireOutcome(t, t.Context(), []int{}, future.Gather[*future.Future[int]]())
	})
	t.Run("of tasks without a loop", func(t *testing.T) {
		task := loop.CreateTask(t.Context(), func(context.Context) (int, error) { return 1, nil })
		requireFails(t, t.Context(), loop.ErrNoLoop, future.Gather(task, task))
	})
	t.Run("of two loops", func(t *testing.T) {
		one, other := loop.New(loop.Config{}), loop.New(loop.Config{})
		f := future.Gather(future.NewOn[int](one).Future(), future.NewOn[int](other).Future())
		require.ErrorIs(t, f.Err(), future.ErrForeignLoop)
		require.NoError(t, one.Close())
		require.NoError(t, other.Close())
	})
	inTask(t, "belongs to the loop of its arguments, repeatedly", func(s stage) {
		fs := futures(s.promises(3))
		for range 2 {
			f := future.Gather(fs...)
			require.Equal(s, future.Poster(s.l), f.Home())
			s.turns(2)
			require.False(s, f.IsDone())
		}
	})
	inTask(t, "of tasks belongs to the running loop", func(s stage) {
		f := future.Gather(s.sleeper(0, "abc"), s.sleeper(0, "abc"))
		require.Equal(s, future.Poster(s.l), f.Home())
		requireOutcome(s.T, s.ctx, []string{"abc", "abc"}, f)
	})
	inTask(t, "one argument several times", func(s stage) {
		runs := 0
		abc := s.task(func(context.Context) (string, error) {
			runs++
			return "abc", nil
		})
		requireOutcome(s.T, s.ctx, []string{"abc", "abc", "def", "abc"}, future.Gather(abc, abc, s.sleeper(0, "def"), abc))
		require.Equal(s, 1, runs)
	})
	inTask(t, "of what is done is done", func(s stage) {
		f := future.Gather(future.Resolved(1), future.Resolved(2))
		require.True(s, f.IsDone())
	})
	inTask(t, "errors after the first are not reported", func(s stage) {
		s.l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) { s.Error(ec.Message, ec.Err) })
		ps := s.promises(2)
		inner := func(i int) *loop.Task[int] {
			return loop.CreateTask(s.ctx, func(ctx context.Context) (int, error) {
				_, _ = ps[i].Future().Await(ctx)
				return 0, errBoom
			})
		}
		task := s.task(func(ctx context.Context) (string, error) {
			_, err := future.Gather(inner(0), inner(1)).Await(ctx)
			return "", err
		})
		s.turns(2)
		_ = ps[0].SetResult(0)
		s.turns(3)
		_ = ps[1].SetResult(0)
		s.turns(3)
		require.Equal(s, errBoom, task.Err())
	})
}

func TestGatherIsCanceled(t *testing.T) {
	inTask(t, "with all its arguments", func(s stage) {
		p := s.promises(1)[0]
		proof := 0
		inner := func() *loop.Task[string] {
			return s.task(func(ctx context.Context) (string, error) {
				_, err := p.Future().Await(ctx)
				if err == nil {
					proof++
				}
				return "", err
			})
		}
		child1, child2 := inner(), inner()
		var gathering *future.Future[[]string]
		task := s.task(func(ctx context.Context) (string, error) {
			gathering = future.Gather(child1, child2)
			_, err := gathering.Await(ctx)
			if err == nil {
				proof += 100
			}
			return "", err
		})
		s.turns(2)
		require.True(s, task.Cancel())
		requireFails(s.T, s.ctx, context.Canceled, task)
		require.False(s, gathering.Cancel())
		require.True(s, p.Future().Canceled())
		require.True(s, child1.Canceled())
		require.True(s, child2.Canceled())
		s.turns(2)
		require.Zero(s, proof)
	})
	inTask(t, "not once all arguments are done", func(s stage) {
		p := s.promises(1)[0]
		gathering := future.Gather(loop.CreateTask(s.ctx, p.Future().Await))
		s.turns(1)
		canceled := true
		p.Future().OnDone(func() { s.later(0, func() { canceled = gathering.Cancel() }) })
		_ = p.SetResult(42)
		requireOutcome(s.T, s.ctx, []int{42}, gathering)
		require.False(s, canceled)
		require.False(s, gathering.Canceled())
	})
	for name, cause := range map[string]error{"without a reason": nil, "with a reason": errBang} {
		inTask(t, "and tells it though outcomes were asked for, "+name, func(s stage) {
			task := s.task(func(ctx context.Context) (string, error) {
				for range 20 {
					if _, err := future.GatherOutcomes(s.sleeper(tick, "")).Await(ctx); err != nil {
						return "", err
					}
				}
				return "went on", nil
			})
			s.sleep(4 * tick)
			task.CancelCause(cause)
			requireFails(s.T, s.ctx, context.Canceled, task)
			if cause != nil {
				require.ErrorIs(s, task.Err(), cause)
			}
		})
	}
	inTask(t, "ends with the first argument that does, and with all where outcomes were asked for", func(s stage) {
		slow := func() *loop.Task[string] {
			return s.task(func(ctx context.Context) (string, error) {
				err := loop.Sleep(ctx, ever)
				_ = loop.Sleep(context.WithoutCancel(ctx), tick)
				return "", err
			})
		}
		early, late := future.Gather(s.sleeper(ever, ""), slow()), future.GatherOutcomes(s.sleeper(ever, ""), slow())
		s.turns(1)
		require.True(s, early.Cancel())
		require.True(s, late.Cancel())
		s.turns(3)
		require.True(s, early.IsDone())
		require.False(s, late.IsDone())
		requireFails(s.T, s.ctx, context.Canceled, early)
		requireFails(s.T, s.ctx, context.Canceled, late)
	})
}

func TestGatherOrCancel(t *testing.T) {
	inTask(t, "cancels the others and waits for them", func(s stage) {
		cleaned := false
		other := s.task(func(ctx context.Context) (string, error) {
			err := loop.Sleep(ctx, ever)
			_ = loop.Sleep(context.WithoutCancel(ctx), tick)
			cleaned = true
			return "", err
		})
		requireFails(s.T, s.ctx, errBoom, future.GatherOrCancel(other, s.failer(tick)))
		require.True(s, cleaned)
		require.True(s, other.Canceled())
	})
	inTask(t, "a canceled argument cancels the others", func(s stage) {
		one, other := s.sleeper(ever, ""), s.sleeper(ever, "")
		f := future.GatherOrCancel(one, other)
		s.turns(1)
		one.CancelCause(errBang)
		_, err := f.Await(s.ctx)
		require.ErrorIs(s, err, context.Canceled)
		require.ErrorIs(s, err, errBang)
		require.True(s, other.Canceled())
	})
	inTask(t, "without an error is Gather", func(s stage) {
		requireOutcome(s.T, s.ctx, []string{"a", "b"}, future.GatherOrCancel(s.sleeper(tick, "a"), s.sleeper(0, "b")))
	})
	inTask(t, "canceled cancels all", func(s stage) {
		one, other := s.sleeper(ever, ""), s.sleeper(ever, "")
		f := future.GatherOrCancel(one, other)
		s.turns(1)
		require.True(s, f.Cancel())
		requireFails(s.T, s.ctx, context.Canceled, f)
		require.True(s, one.Canceled())
		require.True(s, other.Canceled())
	})
}

func TestGatherOfDifferentTypes(t *testing.T) {
	inTask(t, "two", func(s stage) {
		a, b, err := future.Gather2(s.ctx, s.sleeper(tick, "a"), future.Resolved(1))
		require.NoError(s, err)
		require.Equal(s, "a", a)
		require.Equal(s, 1, b)
	})
	inTask(t, "three", func(s stage) {
		a, b, c, err := future.Gather3(s.ctx, s.sleeper(tick, "a"), future.Resolved(1), future.Resolved(true))
		require.NoError(s, err)
		require.Equal(s, "a", a)
		require.Equal(s, 1, b)
		require.True(s, c)
	})
	inTask(t, "the first error", func(s stage) {
		slow := s.sleeper(10*tick, "slow")
		a, b, err := future.Gather2(s.ctx, slow, s.failer(tick))
		require.Equal(s, errBoom, err)
		require.Empty(s, a)
		require.Empty(s, b)
		require.False(s, slow.IsDone())
		requireOutcome(s.T, s.ctx, "slow", slow)
	})
	inTask(t, "canceled, cancels all", func(s stage) {
		slow, p := s.sleeper(ever, "slow"), future.NewOn[int](s.l)
		task := s.task(func(ctx context.Context) (string, error) {
			a, _, err := future.Gather2(ctx, slow, p.Future())
			return a, err
		})
		s.turns(2)
		task.Cancel()
		requireFails(s.T, s.ctx, context.Canceled, task)
		require.True(s, slow.Canceled())
		require.True(s, p.Future().Canceled())
	})
	inGoroutine(t, "free futures", func(t *testing.T) {
		p := future.New[string]()
		after(tick, func() { _ = p.SetResult("a") })
		a, b, err := future.Gather2(t.Context(), p.Future(), future.Resolved(1))
		require.NoError(t, err)
		require.Equal(t, "a", a)
		require.Equal(t, 1, b)
	})
}

func TestGatherOfFreeFuturesFromManyGoroutines(t *testing.T) {
	for range 50 {
		ps := make([]*future.Promise[int], 8)
		fs := make([]*future.Future[int], len(ps))
		for i := range ps {
			ps[i] = future.New[int]()
			fs[i] = ps[i].Future()
		}
		f := future.Gather(fs...)
		strict := future.GatherOrCancel(fs...)
		for i, p := range ps {
			go func() { _ = p.SetResult(i) }()
		}
		requireOutcome(t, t.Context(), []int{0, 1, 2, 3, 4, 5, 6, 7}, f)
		requireOutcome(t, t.Context(), []int{0, 1, 2, 3, 4, 5, 6, 7}, strict)
	}
	failed := future.GatherOrCancel(future.Failed[int](errBoom), future.New[int]().Future())
	_, err := failed.Await(t.Context())
	require.ErrorIs(t, err, errBoom)
}
