package shared_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// sleeper waits for cond once, with a timeout if it is not zero.
func sleeper(cond *shared.Condition, sleeping, woken *shared.Semaphore, timeout time.Duration) {
	must(cond.Mutex().Lock(context.Background()))
	must(sleeping.Release())
	ctx := context.Background()
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	err := cond.Wait(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		must(err)
	}
	must(woken.Release())
	must(cond.Mutex().Unlock())
}

var pythonSleeper = helper("python sleeper", func(c *child) {
	var cond shared.Condition
	var sleeping, woken shared.Semaphore
	c.decode(&cond, &sleeping, &woken)
	timeout, err := time.ParseDuration(c.args[0])
	must(err)
	sleeper(&cond, &sleeping, &woken, timeout)
})

func TestPythonCondition(t *testing.T) {
	// setup starts processes and goroutines that wait for cond.
	type set struct {
		cond            *shared.Condition
		sleeping, woken *shared.Semaphore
	}
	setup := func(t *testing.T) set {
		return set{newCondition(t, nil), newSemaphore(t, 0), newSemaphore(t, 0)}
	}
	spawn := func(t *testing.T, s set, processes, goroutines int, timeout time.Duration) {
		for range processes {
			start(t, pythonSleeper, []string{timeout.String()}, s.cond, s.sleeping, s.woken)
		}
		var wg sync.WaitGroup
		for range goroutines {
			wg.Go(func() { sleeper(s.cond, s.sleeping, s.woken, timeout) })
		}
		t.Cleanup(wg.Wait)
		for range processes + goroutines {
			require.NoError(t, s.sleeping.Acquire(t.Context()))
		}
	}
	notify := func(t *testing.T, s set, n int) {
		t.Helper()
		lock(t, s.cond.Mutex()) // all sleep once it is had
		before := shared.Waiting(s.cond)
		require.NoError(t, s.cond.Notify(n))
		after := shared.Waiting(s.cond)
		require.NoError(t, s.cond.Mutex().Unlock())
		require.Equal(t, max(before-n, 0), after, "not one too many")
	}
	// reaches waits until so many were woken, and requires that the others wait.
	reaches := func(t *testing.T, s set, woken, waiting int) {
		t.Helper()
		require.Eventually(t, func() bool { return s.woken.Value() >= woken }, 10*time.Second, time.Millisecond)
		lock(t, s.cond.Mutex())
		counts := [2]int{s.woken.Value(), shared.Waiting(s.cond)}
		require.NoError(t, s.cond.Mutex().Unlock())
		require.Equal(t, [2]int{woken, waiting}, counts)
	}
	t.Run("test_notify", func(t *testing.T) {
		s := setup(t)
		spawn(t, s, 1, 1, 0)
		reaches(t, s, 0, 2)
		notify(t, s, 1)
		reaches(t, s, 1, 1)
		notify(t, s, 1)
		reaches(t, s, 2, 0)
	})
	t.Run("test_notify_all", func(t *testing.T) {
		s := setup(t)
		spawn(t, s, 3, 3, timeout1)
		reaches(t, s, 6, 0) // all by their timeouts
		spawn(t, s, 3, 3, 0)
		reaches(t, s, 6, 6)
		lock(t, s.cond.Mutex())
		require.NoError(t, s.cond.NotifyAll())
		require.NoError(t, s.cond.Mutex().Unlock())
		reaches(t, s, 12, 0)
	})
	t.Run("test_notify_n", func(t *testing.T) {
		s := setup(t)
		spawn(t, s, 3, 3, 0)
		notify(t, s, 2)
		reaches(t, s, 2, 4)
		notify(t, s, 4)
		reaches(t, s, 6, 0)
		notify(t, s, 3)
		reaches(t, s, 6, 0)
	})
	t.Run("test_timeout", func(t *testing.T) {
		s := setup(t)
		lock(t, s.cond.Mutex())
		took := elapsed(func() { require.ErrorIs(t, s.cond.Wait(within(t, timeout1)), context.DeadlineExceeded) })
		require.GreaterOrEqual(t, took, timeout1)
		require.NoError(t, s.cond.Mutex().Unlock())
	})
	t.Run("test_waitfor", func(t *testing.T) {
		cond, state := newCondition(t, nil), newValue(t, -1)
		p := start(t, pythonWaitFor, []string{"0s"}, cond, state)
		lock(t, cond.Mutex())
		require.NoError(t, cond.WaitFor(t.Context(), func() bool { return state.Load() == 0 }))
		require.NoError(t, cond.Mutex().Unlock())
		for range 4 {
			lock(t, cond.Mutex())
			state.Add(1)
			require.NoError(t, cond.Notify(1))
			require.NoError(t, cond.Mutex().Unlock())
		}
		p.expect("<nil>")
		p.wait()
		require.Equal(t, 4, state.Load())
	})
	t.Run("test_waitfor_timeout", func(t *testing.T) {
		cond, state := newCondition(t, nil), newValue(t, -1)
		p := start(t, pythonWaitFor, []string{"100ms"}, cond, state)
		lock(t, cond.Mutex())
		require.NoError(t, cond.WaitFor(t.Context(), func() bool { return state.Load() == 0 }))
		require.NoError(t, cond.Mutex().Unlock())
		for range 3 { // one too few
			lock(t, cond.Mutex())
			state.Add(1)
			require.NoError(t, cond.Notify(1))
			require.NoError(t, cond.Mutex().Unlock())
		}
		p.expect("context deadline exceeded")
		p.wait()
	})
	t.Run("test_wait_result", func(t *testing.T) {
		s := setup(t)
		lock(t, s.cond.Mutex())
		require.ErrorIs(t, s.cond.Wait(within(t, 0)), context.DeadlineExceeded)
		require.ErrorIs(t, s.cond.Wait(within(t, 20*time.Millisecond)), context.DeadlineExceeded)
		p := start(t, pythonNotifier, nil, s.cond)
		require.NoError(t, s.cond.Wait(t.Context()))
		p.wait()
		// Where Python has a signal, Go has a cancellation.
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			must(s.cond.Mutex().Lock(context.Background())) // had once the other one waits
			cancel()
			must(s.cond.Mutex().Unlock())
		}()
		require.ErrorIs(t, s.cond.Wait(ctx), context.Canceled)
		require.NoError(t, s.cond.Mutex().Unlock())
	})
}

var pythonWaitFor = helper("python wait_for", func(c *child) {
	var cond shared.Condition
	var state shared.Value[int]
	c.decode(&cond, &state)
	timeout, err := time.ParseDuration(c.args[0])
	must(err)
	must(cond.Mutex().Lock(context.Background()))
	state.Store(0)
	must(cond.Notify(1))
	ctx := context.Background()
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	c.say("%v", cond.WaitFor(ctx, func() bool { return state.Load() == 4 }))
	must(cond.Mutex().Unlock())
})

var pythonNotifier = helper("python notifier", func(c *child) {
	var cond shared.Condition
	c.decode(&cond)
	must(cond.Mutex().Lock(context.Background())) // had once the other one waits
	must(cond.Notify(1))
	must(cond.Mutex().Unlock())
})

func TestPythonEvent(t *testing.T) {
	t.Run("test_event", func(t *testing.T) {
		e := newEvent(t)
		require.False(t, e.IsSet())
		require.ErrorIs(t, e.Wait(within(t, 0)), context.DeadlineExceeded)
		took := elapsed(func() { require.ErrorIs(t, e.Wait(within(t, timeout1)), context.DeadlineExceeded) })
		require.GreaterOrEqual(t, took, timeout1)
		e.Set()
		require.True(t, e.IsSet())
		require.NoError(t, e.Wait(t.Context()))
		require.NoError(t, e.Wait(within(t, timeout1)))
		e.Clear()
		p := start(t, pythonSetter, nil, e)
		got := make(chan error)
		go func() { got <- e.Wait(context.Background()) }()
		sleeping(t, e)
		p.tell("set it")
		require.NoError(t, <-got)
		p.wait()
	})
	t.Run("test_repr", func(t *testing.T) {
		e := newEvent(t)
		require.Equal(t, "<Event unset>", e.String())
		e.Set()
		require.Equal(t, "<Event set>", e.String())
	})
}

var pythonSetter = helper("python setter", func(c *child) {
	var e shared.Event
	c.decode(&e)
	c.hear()
	e.Set()
})
