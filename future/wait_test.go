package future_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

type list = []*loop.Task[string]

var (
	first  = future.WaitOptions{ReturnWhen: future.FirstCompleted}
	firstX = future.WaitOptions{ReturnWhen: future.FirstException}
	all    = future.WaitOptions{}
)

// requireWait waits and requires what is done and what is not.
func requireWait[W future.Waitable](t *testing.T, ctx context.Context, ws []W, opts future.WaitOptions, done, pending []W) {
	t.Helper()
	gotDone, gotPending, err := future.Wait(ctx, ws, opts)
	require.NoError(t, err)
	require.Equal(t, done, gotDone)
	require.Equal(t, pending, gotPending)
}

func TestWaitInATask(t *testing.T) {
	inTask(t, "for all, and again at once", func(s stage) {
		start := time.Now()
		a, b := s.sleeper(2*tick, ""), s.sleeper(3*tick, "")
		for range 2 {
			requireWait(s.T, s.ctx, list{b, a}, all, list{b, a}, nil)
			require.Equal(s, 3*tick, time.Since(start))
		}
	})
	inTask(t, "duplicates count once", func(s stage) {
		c, spam := s.sleeper(0, "test"), s.sleeper(0, "spam")
		requireWait(s.T, s.ctx, list{c, c, spam}, all, list{c, spam}, nil)
	})
	inTask(t, "refuses an empty set and an unknown condition", func(s stage) {
		_, _, err := future.Wait(s.ctx, list{}, all)
		require.ErrorIs(s, err, future.ErrNoFutures)
		_, _, err = future.Wait(s.ctx, list{s.sleeper(0, "")}, future.WaitOptions{ReturnWhen: -1})
		require.Error(s, err)
	})
	inTask(t, "for the first", func(s stage) {
		start := time.Now()
		a, b := s.sleeper(100*tick, ""), s.sleeper(tick, "")
		requireWait(s.T, s.ctx, list{b, a}, first, list{b}, list{a})
		require.False(s, a.IsDone())
		require.Equal(s, tick, time.Since(start))
		requireWait(s.T, s.ctx, list{a, b}, all, list{a, b}, nil)
	})
	inTask(t, "what is done when it returns is in done", func(s stage) {
		turns := func(n int) *loop.Task[string] {
			return s.task(func(ctx context.Context) (string, error) {
				for range n {
					_ = loop.Sleep(ctx, 0)
				}
				return "", nil
			})
		}
		a, b := turns(1), turns(2)
		requireWait(s.T, s.ctx, list{b, a}, first, list{b, a}, nil)
	})
	inTask(t, "for the first error, which is there already", func(s stage) {
		start := time.Now()
		a, b := s.sleeper(100*tick, ""), s.failer(-1)
		requireWait(s.T, s.ctx, list{b, a}, firstX, list{b}, list{a})
		require.Equal(s, start, time.Now())
		requireWait(s.T, s.ctx, list{a, b}, all, list{a, b}, nil)
	})
	inTask(t, "for the first error, which comes", func(s stage) {
		start := time.Now()
		a, b := s.sleeper(100*tick, ""), s.failer(tick)
		requireWait(s.T, s.ctx, list{b, a}, firstX, list{b}, list{a})
		require.Equal(s, tick, time.Since(start))
		requireWait(s.T, s.ctx, list{a, b}, all, list{a, b}, nil)
	})
	inTask(t, "errors are outcomes like others, and again at once", func(s stage) {
		start := time.Now()
		a, b := s.sleeper(2*tick, ""), s.failer(3*tick)
		for range 2 {
			requireWait(s.T, s.ctx, list{b, a}, all, list{b, a}, nil)
			require.NoError(s, a.Err())
			require.Equal(s, errBoom, b.Err())
			require.Equal(s, 3*tick, time.Since(start))
		}
	})
	inTask(t, "with a limit", func(s stage) {
		start := time.Now()
		a, b := s.sleeper(10*tick, ""), s.sleeper(15*tick, "")
		requireWait(s.T, s.ctx, list{b, a}, future.WaitOptions{Timeout: 11 * tick}, list{a}, list{b})
		require.Equal(s, 11*tick, time.Since(start))
		requireWait(s.T, s.ctx, list{a, b}, all, list{a, b}, nil)
		require.False(s, b.Canceled())
	})
	inTask(t, "with a limit that is the end of one", func(s stage) {
		start := time.Now()
		a, b := s.sleeper(10*tick, ""), s.sleeper(15*tick, "")
		s.turns(1) // their timers come first, and one loop's timers fire in order
		requireWait(s.T, s.ctx, list{b, a}, future.WaitOptions{Timeout: 10 * tick}, list{a}, list{b})
		require.Equal(s, 10*tick, time.Since(start))
		requireWait(s.T, s.ctx, list{a, b}, all, list{a, b}, nil)
	})
	inTask(t, "for what a loop has collected", func(s stage) {
		var tasks list
		for range 10 {
			tasks = append(tasks, s.sleeper(0, ""))
		}
		requireWait(s.T, s.ctx, tasks, future.WaitOptions{ReturnWhen: future.AllCompleted}, tasks, nil)
	})
	inTask(t, "for futures of different types", func(s stage) {
		a, b := s.sleeper(tick, ""), future.Resolved(1)
		requireWait(s.T, s.ctx, []future.Waitable{a, b}, all, []future.Waitable{a, b}, nil)
	})
	inTask(t, "canceled, cancels nothing", func(s stage) {
		p := s.promises(1)[0]
		proof := 0
		inner := s.task(func(ctx context.Context) (string, error) {
			_, err := p.Future().Await(ctx)
			proof++
			return "", err
		})
		outer := s.task(func(ctx context.Context) (string, error) {
			_, _, err := future.Wait(ctx, list{inner}, all)
			if err == nil {
				proof += 100
			}
			return "", err
		})
		s.turns(2)
		outer.Cancel()
		requireFails(s.T, s.ctx, context.Canceled, outer)
		require.NotContains(s, inner.Future().String(), "callbacks", "nothing is left behind")
		_ = p.SetResult(0)
		requireOutcome(s.T, s.ctx, "", inner)
		require.Equal(s, 1, proof)
	})
	inTask(t, "negative, looks and does not wait", func(s stage) {
		a, b := s.sleeper(tick, ""), future.Resolved("").Future()
		requireWait(s.T, s.ctx, []future.Waitable{a, b}, future.WaitOptions{Timeout: -1}, []future.Waitable{b}, []future.Waitable{a})
	})
}

// A yard is a pool of goroutines with work that waits for a time or for the end
// of the test.
type yard struct {
	*testing.T
	pool *executor.ThreadPool
	stop chan none
	// As in CPython's tests: futures that have ended already.
	canceled, failed, succeeded *future.Future[int]
}

func inYard(t *testing.T, name string, main func(y yard)) {
	t.Helper()
	inGoroutine(t, name, func(t *testing.T) {
		pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 8})
		require.NoError(t, err)
		canceled := future.New[int]().Future()
		canceled.Cancel()
		y := yard{t, pool, make(chan none), canceled, future.Failed[int](errBang), future.Resolved(42)}
		main(y)
		close(y.stop)
		require.NoError(t, pool.Shutdown(t.Context()))
	})
}

func (y yard) work(d time.Duration, err error) *future.Future[int] {
	y.Helper()
	f, submitErr := executor.Submit(y.Context(), y.pool, executor.Func(func(context.Context) (int, error) {
		select {
		case <-time.After(d):
		case <-y.stop:
		}
		return 1, err
	}))
	require.NoError(y, submitErr)
	return f
}

type ints = []*future.Future[int]

func TestWaitInAGoroutine(t *testing.T) {
	inYard(t, "duplicates count once", func(y yard) {
		f := y.work(tick, nil)
		requireWait(y.T, y.Context(), ints{f, f}, all, ints{f}, nil)
	})
	inYard(t, "for the first", func(y yard) {
		f1, f2 := y.work(0, nil), y.work(ever, nil)
		requireWait(y.T, y.Context(), ints{f1, f2}, first, ints{f1}, ints{f2})
	})
	inYard(t, "for the first, some are done already", func(y yard) {
		f := y.work(ever, nil)
		requireWait(y.T, y.Context(), ints{y.canceled, y.succeeded, f}, first, ints{y.canceled, y.succeeded}, ints{f})
	})
	inYard(t, "for the first error", func(y yard) {
		f1, f2, f3 := y.work(0, nil), y.work(tick, errBoom), y.work(ever, nil)
		requireWait(y.T, y.Context(), ints{f1, f2, f3}, firstX, ints{f1, f2}, ints{f3})
	})
	inYard(t, "for the first error, some are done already", func(y yard) {
		f1, f2 := y.work(tick, errBoom), y.work(ever, nil)
		requireWait(y.T, y.Context(), ints{y.succeeded, y.canceled, f1, f2}, firstX, ints{y.succeeded, y.canceled, f1}, ints{f2})
	})
	inYard(t, "for the first error, which is there already", func(y yard) {
		f := y.work(ever, nil)
		requireWait(y.T, y.Context(), ints{y.failed, f}, firstX, ints{y.failed}, ints{f})
	})
	inYard(t, "for all", func(y yard) {
		fs := ints{y.succeeded, y.canceled, y.failed, y.work(tick, errBoom), y.work(2*tick, nil)}
		requireWait(y.T, y.Context(), fs, all, fs, nil)
	})
	inYard(t, "with a limit", func(y yard) {
		f := y.work(10*tick, nil)
		start := time.Now()
		requireWait(y.T, y.Context(), ints{y.canceled, y.failed, y.succeeded, f}, future.WaitOptions{Timeout: tick},
			ints{y.canceled, y.failed, y.succeeded}, ints{f})
		require.Equal(y, tick, time.Since(start))
	})
	inYard(t, "until its context ends, which is an error", func(y yard) {
		ctx, cancel := context.WithCancelCause(y.Context())
		after(tick, func() { cancel(errBoom) })
		_, _, err := future.Wait(ctx, ints{y.work(ever, nil)}, all)
		require.ErrorIs(y, err, errBoom)
	})
	t.Run("many that end while the wait begins", func(t *testing.T) {
		pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 4})
		require.NoError(t, err)
		for range 50 {
			fs := make(ints, 100)
			for i := range fs {
				fs[i], err = executor.Submit(t.Context(), pool, executor.Func(func(context.Context) (int, error) { return i, nil }))
				require.NoError(t, err)
			}
			requireWait(t, t.Context(), fs, all, fs, nil)
		}
		require.NoError(t, pool.Shutdown(t.Context()))
	})
}
