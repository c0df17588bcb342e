package future_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// deaf starts a task that runs for d whatever is requested.
func (s stage) deaf(d time.Duration, exited *bool) *loop.Task[string] {
	return s.task(func(ctx context.Context) (string, error) {
		for end := time.Now().Add(d); time.Until(end) > 0; {
			_ = loop.Sleep(ctx, time.Until(end))
			ctx = loop.Resume(ctx)
		}
		*exited = true
		return "deaf", nil
	})
}

// tidy starts a task that cleans up for a tick when it is canceled.
func (s stage) tidy(done *bool) *loop.Task[string] {
	return s.task(func(ctx context.Context) (string, error) {
		defer func() { *done = true }()
		err := loop.Sleep(ctx, 100*tick)
		if err != nil {
			_ = loop.Sleep(context.WithoutCancel(ctx), tick)
		}
		return "", err
	})
}

// waiter starts a task that waits for f.
func (s stage) waiter(f future.Awaitable[string], d time.Duration) *loop.Task[string] {
	return s.task(func(ctx context.Context) (string, error) { return future.WaitFor(ctx, f, d) })
}

func TestWaitForInATask(t *testing.T) {
	inTask(t, "canceled, waits for a task that does not listen", func(s stage) {
		exited := false
		waiter := s.waiter(s.deaf(4*tick, &exited), 8*tick)
		s.turns(2)
		waiter.Cancel()
		requireOutcome(s.T, s.ctx, "deaf", waiter)
		require.True(s, exited)
	})
	inTask(t, "overdue, waits for a task that does not listen and takes its value", func(s stage) {
		exited := false
		v, err := future.WaitFor(s.ctx, s.deaf(4*tick, &exited), 2*tick)
		require.NoError(s, err)
		require.Equal(s, "deaf", v)
		require.True(s, exited)
	})
	for name, d := range map[string]time.Duration{"zero": 0, "negative": -1} {
		inTask(t, name+", the future is done", func(s stage) {
			v, err := future.WaitFor(s.ctx, future.Resolved("done"), d)
			require.NoError(s, err)
			require.Equal(s, "done", v)
		})
		inTask(t, name+", a task that has not started never does", func(s stage) {
			task := s.task(func(context.Context) (string, error) {
				s.Error("started")
				return "", nil
			})
			_, err := future.WaitFor(s.ctx, task, d)
			requireTimeout(s.T, err)
			require.True(s, task.Canceled())
		})
		inTask(t, name+", a task that runs is canceled and has ended", func(s stage) {
			running := false
			task := s.task(func(ctx context.Context) (string, error) {
				running = true
				defer func() { running = false }()
				return "done", loop.Sleep(ctx, 10*tick)
			})
			s.turns(1)
			require.True(s, running)
			_, err := future.WaitFor(s.ctx, task, d)
			requireTimeout(s.T, err)
			require.True(s, task.Canceled())
			require.False(s, running)
		})
	}
	inTask(t, "overdue, the task is canceled and has ended", func(s stage) {
		running := false
		task := s.task(func(ctx context.Context) (string, error) {
			running = true
			defer func() { running = false }()
			return "done", loop.Sleep(ctx, ever)
		})
		start := time.Now()
		_, err := future.WaitFor(s.ctx, task, tick)
		requireTimeout(s.T, err)
		require.Equal(s, tick, time.Since(start))
		require.True(s, task.Canceled())
		require.False(s, running)
		require.Zero(s, loop.CurrentTask(s.ctx).Cancelling())
	})
	inTask(t, "without a limit it is Await", func(s stage) {
		requireOutcome(s.T, s.ctx, "done", s.sleeper(0, "done"))
	})
	inTask(t, "the result comes in the first iteration", func(s stage) {
		p := future.NewOn[string](s.l)
		_, err := s.l.CallSoon(func() { _ = p.SetResult("ok") })
		require.NoError(s, err)
		v, err := future.WaitFor(s.ctx, p.Future(), 4*tick)
		require.NoError(s, err)
		require.Equal(s, "ok", v)
	})
	inTask(t, "the result comes at the moment of the deadline", func(s stage) {
		p := future.NewOn[string](s.l)
		s.later(tick, func() { _ = p.SetResult("ok") })
		_, err := future.WaitFor(s.ctx, p.Future(), tick)
		requireTimeout(s.T, err)
		requireOutcome(s.T, s.ctx, "ok", p.Future())
	})
	inTask(t, "a gathering that the limit has canceled is a timeout", func(s stage) {
		for _, d := range []time.Duration{0, tick} {
			_, err := future.WaitFor(s.ctx, future.Gather(future.NewOn[string](s.l).Future()), d)
			requireTimeout(s.T, err)
		}
	})
	inTask(t, "the limit's request counts as long as the wait goes on", func(s stage) {
		exited := false
		waiter := s.waiter(s.deaf(4*tick, &exited), 2*tick)
		s.sleep(3 * tick)
		require.Equal(s, 1, waiter.Cancelling())
		requireOutcome(s.T, s.ctx, "deaf", waiter)
		require.Zero(s, waiter.Cancelling())
	})
	inTask(t, "a task that swallows the cancellation gives its value", func(s stage) {
		v, err := future.WaitFor(s.ctx, s.task(func(ctx context.Context) (string, error) {
			require.ErrorIs(s, loop.Sleep(ctx, 20*tick), context.Canceled)
			return "one", nil
		}), tick)
		require.NoError(s, err)
		require.Equal(s, "one", v)
	})
	inTask(t, "a task that swallows the cancellation late gives its value, too", func(s stage) {
		v, err := future.WaitFor(s.ctx, s.task(func(ctx context.Context) (string, error) {
			if loop.Sleep(ctx, 20*tick) != nil {
				_ = loop.Sleep(context.WithoutCancel(ctx), tick)
				return "42", nil
			}
			return "", nil
		}), tick)
		require.NoError(s, err)
		require.Equal(s, "42", v)
	})
	inTask(t, "waits for the cleanup", func(s stage) {
		done := false
		start := time.Now()
		_, err := future.WaitFor(s.ctx, s.tidy(&done), tick)
		requireTimeout(s.T, err)
		require.True(s, done)
		require.Equal(s, 2*tick, time.Since(start))
		var timeout *future.TimeoutError
		require.ErrorAs(s, err, &timeout)
		require.ErrorIs(s, timeout.Err, context.Canceled, "what became of the task")
	})
	inTask(t, "zero, waits for the cleanup", func(s stage) {
		done := false
		task := s.tidy(&done)
		s.sleep(tick)
		_, err := future.WaitFor(s.ctx, task, 0)
		requireTimeout(s.T, err)
		require.True(s, done)
		var timeout *future.TimeoutError
		require.ErrorAs(s, err, &timeout)
		require.ErrorIs(s, timeout.Err, context.Canceled, "what became of the task")
	})
	inTask(t, "an error in the cleanup is returned", func(s stage) {
		_, err := future.WaitFor(s.ctx, s.task(func(ctx context.Context) (string, error) {
			_ = loop.Sleep(ctx, 4*tick)
			return "", errBoom
		}), tick)
		require.ErrorIs(s, err, errBoom)
		require.NotErrorIs(s, err, future.ErrTimeout)
	})
	canceled := func(s stage, wait func(f future.Awaitable[string]) *loop.Task[string]) {
		task := s.task(func(ctx context.Context) (string, error) { return future.NewOn[string](s.l).Future().Await(ctx) })
		waiter := wait(task)
		_, err := s.l.CallSoon(func() { waiter.Cancel() })
		require.NoError(s, err)
		requireFails(s.T, s.ctx, context.Canceled, waiter)
		require.True(s, task.Canceled())
	}
	inTask(t, "canceled without a limit, cancels the task", func(s stage) {
		canceled(s, func(f future.Awaitable[string]) *loop.Task[string] {
			return s.task(func(ctx context.Context) (string, error) { return f.Future().Await(ctx) })
		})
	})
	inTask(t, "canceled, cancels the task", func(s stage) {
		canceled(s, func(f future.Awaitable[string]) *loop.Task[string] { return s.waiter(f, ever) })
	})
	inTask(t, "a cancellation that meets the result is not lost", func(s stage) {
		inner := s.task(func(context.Context) (string, error) { return "done", nil })
		waiter := s.task(func(ctx context.Context) (string, error) {
			if _, err := future.WaitFor(ctx, inner, ever); err != nil {
				return "", err
			}
			if err := loop.Sleep(ctx, tick); err != nil {
				return "", err
			}
			s.Error("went on")
			return "", nil
		})
		p := future.NewOn[string](s.l)
		other := s.waiter(p.Future(), ever)
		s.turns(1)
		_ = p.SetResult("done")
		other.Cancel()
		waiter.Cancel()
		requireFails(s.T, s.ctx, context.Canceled, other)
		requireFails(s.T, s.ctx, context.Canceled, waiter)
		requireOutcome(s.T, s.ctx, "done", inner)
		requireOutcome(s.T, s.ctx, "done", p.Future())
	})
	inTask(t, "canceled during the cleanup, tells the cancellation", func(s stage) {
		done := false
		waiter := s.waiter(s.tidy(&done), tick)
		s.sleep(tick + tick/2)
		require.False(s, done)
		waiter.Cancel()
		requireFails(s.T, s.ctx, context.Canceled, waiter)
		require.NotErrorIs(s, waiter.Err(), future.ErrTimeout)
		require.True(s, waiter.Canceled())
		require.True(s, done)
	})
	inTask(t, "zero, canceled during the cleanup, does not disturb that", func(s stage) {
		done := false
		task := s.tidy(&done)
		s.turns(1)
		waiter := s.waiter(task, 0)
		s.turns(2)
		waiter.Cancel()
		requireFails(s.T, s.ctx, context.Canceled, waiter)
		require.False(s, done)
		requireFails(s.T, s.ctx, context.Canceled, task)
		require.Equal(s, 1, task.Cancelling())
	})
	inTask(t, "a future that another cancels is no timeout", func(s stage) {
		task := s.sleeper(ever, "")
		s.later(tick, func() { task.Cancel() })
		_, err := future.WaitFor(s.ctx, task, 10*tick)
		require.ErrorIs(s, err, context.Canceled)
		require.NotErrorIs(s, err, future.ErrTimeout)
	})
	inTask(t, "a derived context that ends cancels nothing", func(s stage) {
		ctx, cancel := context.WithTimeoutCause(s.ctx, tick, errBang)
		defer cancel()
		task := s.sleeper(10*tick, "late")
		for range 2 {
			_, err := future.WaitFor(ctx, task, 5*tick)
			require.ErrorIs(s, err, errBang)
		}
		requireOutcome(s.T, s.ctx, "late", task)
	})
	inTask(t, "work that cannot be canceled is not waited for", func(s stage) {
		p := future.New[string]()
		require.True(s, p.SetRunning())
		_, err := future.WaitFor(s.ctx, p.Future(), tick)
		requireTimeout(s.T, err)
		require.False(s, p.Future().IsDone())
		_ = p.SetResult("late")
	})
	inTask(t, "refuses to wait for its own task, and for another loop's", func(s stage) {
		var self *loop.Task[string]
		self = s.task(func(ctx context.Context) (string, error) { return future.WaitFor(ctx, self, tick) })
		requireFails(s.T, s.ctx, future.ErrAwaitsItself, self)
		other := loop.New(loop.Config{})
		_, err := future.WaitFor(s.ctx, future.NewOn[int](other).Future(), tick)
		require.ErrorIs(s, err, future.ErrForeignLoop)
		require.NoError(s, other.Close())
	})
	inTask(t, "refuses to block the loop", func(s stage) {
		told := future.NewOn[error](s.l)
		_, err := s.l.CallSoon(func() {
			_, err := future.WaitFor(s.l.Context(), future.New[int]().Future(), tick)
			_ = told.SetResult(err)
		})
		require.NoError(s, err)
		err, _ = told.Future().Await(s.ctx)
		require.ErrorIs(s, err, future.ErrWouldBlock)
	})
}

func TestWaitForAShield(t *testing.T) {
	inTask(t, "zero, leaves the task alone", func(s stage) {
		task := s.sleeper(tick, "done")
		shield := future.Shield(task)
		_, err := future.WaitFor(s.ctx, shield, 0)
		requireTimeout(s.T, err)
		require.False(s, task.IsDone())
		require.True(s, shield.Canceled())
		s.sleep(2 * tick)
		require.True(s, task.IsDone())
	})
	inTask(t, "without a limit, gives the task's result", func(s stage) {
		task := s.sleeper(2*tick, "done")
		requireOutcome(s.T, s.ctx, "done", future.Shield(task))
		requireOutcome(s.T, s.ctx, "done", task)
	})
	inTask(t, "overdue, leaves the task alone", func(s stage) {
		task := s.sleeper(2*tick, "done")
		_, err := future.WaitFor(s.ctx, future.Shield(task), tick)
		requireTimeout(s.T, err)
		require.False(s, task.IsDone())
		requireOutcome(s.T, s.ctx, "done", task)
	})
}

func TestWaitForInAGoroutine(t *testing.T) {
	inGoroutine(t, "in time", func(t *testing.T) {
		p := future.New[string]()
		after(tick, func() { _ = p.SetResult("done") })
		v, err := future.WaitFor(t.Context(), p.Future(), 2*tick)
		require.NoError(t, err)
		require.Equal(t, "done", v)
	})
	inGoroutine(t, "overdue, cancels", func(t *testing.T) {
		f := future.New[string]().Future()
		start := time.Now()
		_, err := future.WaitFor(t.Context(), f, tick)
		requireTimeout(t, err)
		require.Equal(t, tick, time.Since(start))
		require.True(t, f.Canceled())
	})
	inGoroutine(t, "zero", func(t *testing.T) {
		f := future.New[string]().Future()
		_, err := future.WaitFor(t.Context(), f, 0)
		requireTimeout(t, err)
		require.True(t, f.Canceled())
	})
	inGoroutine(t, "the context ends first, and nothing is canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		after(tick, func() { cancel(errBang) })
		f := future.New[string]().Future()
		_, err := future.WaitFor(ctx, f, 2*tick)
		require.ErrorIs(t, err, errBang)
		require.False(t, f.IsDone())
	})
	inGoroutine(t, "work that runs is not waited for, but told", func(t *testing.T) {
		pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
		require.NoError(t, err)
		stopped := make(chan none)
		f, err := executor.Submit(t.Context(), pool, executor.Func(func(ctx context.Context) (string, error) {
			<-ctx.Done()
			close(stopped)
			return "", ctx.Err()
		}))
		require.NoError(t, err)
		_, err = future.WaitFor(t.Context(), f, tick)
		requireTimeout(t, err)
		<-stopped
		require.NoError(t, pool.Shutdown(t.Context()))
	})
	t.Run("a job that waits for its own pool lets that go on", func(t *testing.T) {
		pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
		require.NoError(t, err)
		outer, err := executor.Submit(t.Context(), pool, executor.Func(func(ctx context.Context) (int, error) {
			inner, err := executor.Submit(ctx, pool, executor.Func(func(context.Context) (int, error) { return 1, nil }))
			if err != nil {
				return 0, err
			}
			return future.WaitFor(ctx, inner, time.Minute)
		}))
		require.NoError(t, err)
		requireOutcome(t, t.Context(), 1, outer)
		require.NoError(t, pool.Shutdown(t.Context()))
	})
}

func TestTheTextOfATimeoutIsOneSentence(t *testing.T) {
	p := future.New[int]()
	_, err := future.WaitFor(t.Context(), p.Future(), time.Millisecond)
	require.EqualError(t, err, "timed out after 1ms")
	require.ErrorIs(t, err, future.ErrTimeout)
	_, err = future.WaitFor(t.Context(), future.New[int]().Future(), -1)
	require.EqualError(t, err, "timed out")
	require.EqualError(t, &future.TimeoutError{After: time.Second, Err: errors.New("the server is down")}, "timed out after 1s: the server is down")
	require.EqualError(t, &future.TimeoutError{Err: future.Canceled(errors.New("by me"))}, "timed out: canceled: by me")
}
