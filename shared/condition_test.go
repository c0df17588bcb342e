package shared_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func newCondition(t testing.TB, m *shared.Mutex) *shared.Condition {
	t.Helper()
	c, err := shared.NewCondition(m)
	return closing(t, c, err)
}

func lock(t testing.TB, m *shared.Mutex) {
	t.Helper()
	require.NoError(t, m.Lock(t.Context()))
}

func ExampleCondition() {
	ready, err := shared.NewValue(false)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ready.Close()
	cond, err := shared.NewCondition(ready.Mutex())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cond.Close()

	ctx := context.Background()
	go func() {
		_ = ready.Mutex().Do(ctx, func() error {
			ready.Store(true)
			return cond.NotifyAll()
		})
	}()
	fmt.Println(ready.Mutex().Do(ctx, func() error {
		return cond.WaitFor(ctx, ready.Load)
	}))
	// Output:
	// <nil>
}

func TestConditionWithinAProcess(t *testing.T) {
	t.Run("needs its lock", func(t *testing.T) {
		c := newCondition(t, nil)
		require.ErrorIs(t, c.Notify(1), shared.ErrNotLocked)
		require.ErrorIs(t, c.NotifyAll(), shared.ErrNotLocked)
		require.ErrorIs(t, c.Wait(t.Context()), shared.ErrNotLocked)
		require.ErrorIs(t, c.WaitFor(t.Context(), func() bool { return true }), shared.ErrNotLocked)
	})
	t.Run("a canceled wait has the lock again", func(t *testing.T) {
		c := newCondition(t, nil)
		lock(t, c.Mutex())
		require.NoError(t, c.NotifyAll(), "nobody waits: lost")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, c.Wait(ctx), context.DeadlineExceeded)
		require.NoError(t, c.Mutex().Unlock())
	})
	t.Run("wakes in the order of arrival", func(t *testing.T) {
		c := newCondition(t, newMutex(t))
		order := make(chan int, 10)
		lock(t, c.Mutex())
		for i := range 10 {
			inside := make(chan struct{})
			go func() {
				must(c.Mutex().Lock(context.Background()))
				close(inside)
				must(c.Wait(context.Background()))
				order <- i
				must(c.Mutex().Unlock())
			}()
			require.NoError(t, c.Mutex().Unlock())
			<-inside
			lock(t, c.Mutex())
		}
		for i := range 10 {
			require.NoError(t, c.Notify(1))
			require.NoError(t, c.Mutex().Unlock())
			require.Equal(t, i, <-order)
			lock(t, c.Mutex())
		}
		require.NoError(t, c.Mutex().Unlock())
	})
	t.Run("closed, it still returns with the lock", func(t *testing.T) {
		c := newCondition(t, nil)
		lock(t, c.Mutex())
		got := make(chan error)
		go func() {
			err := c.Wait(context.Background())
			must(c.Mutex().Unlock())
			got <- err
		}()
		sleeping(t, c)
		require.NoError(t, c.Close())
		require.ErrorIs(t, <-got, shared.ErrClosed)
		require.ErrorIs(t, c.Notify(1), shared.ErrClosed)
	})
	t.Run("of a closed lock cannot be made", func(t *testing.T) {
		m := newMutex(t)
		require.NoError(t, m.Close())
		_, err := shared.NewCondition(m)
		require.ErrorIs(t, err, shared.ErrClosed)
	})
}

var condWaiter = helper("condition waiter", func(c *child) {
	var cond shared.Condition
	c.decode(&cond)
	if len(c.args) > 0 && c.args[0] != "" {
		step, err := strconv.Atoi(c.args[0])
		must(err)
		dieAt(step)
	}
	must(cond.Mutex().Lock(context.Background()))
	c.say("waiting")
	must(cond.Wait(context.Background()))
	c.say("woken")
	must(cond.Mutex().Unlock())
	c.hear()
})

func TestConditionAcrossProcesses(t *testing.T) {
	t.Run("a dead waiter does not use up a notification", func(t *testing.T) {
		c := newCondition(t, newMutex(t))
		dead := start(t, condWaiter, nil, c, c.Mutex())
		dead.expect("waiting")
		lock(t, c.Mutex()) // which it has released by waiting
		require.NoError(t, c.Mutex().Unlock())
		alive := start(t, condWaiter, nil, c, c.Mutex())
		alive.expect("waiting")
		lock(t, c.Mutex())
		dead.kill()
		require.NoError(t, c.Notify(1))
		require.NoError(t, c.Mutex().Unlock())
		alive.expect("woken")
	})
	t.Run("a waiter that dies with a notification passes it on", func(t *testing.T) {
		c := newCondition(t, nil)
		dead := start(t, condWaiter, []string{strconv.Itoa(shm.StepWaitWoken)}, c)
		// It dies by itself after its first nap in the kernel, at the latest
		// when it is notified; the lock it had released by then.
		dead.expect("waiting")
		lock(t, c.Mutex())
		require.NoError(t, c.Mutex().Unlock())
		alive := start(t, condWaiter, nil, c)
		alive.expect("waiting")
		lock(t, c.Mutex())
		require.NoError(t, c.Notify(1))
		require.NoError(t, c.Mutex().Unlock())
		alive.expect("woken")
		dead.died()
	})
	t.Run("notified, then killed before it has the lock", func(t *testing.T) {
		c := newCondition(t, nil)
		dead := start(t, condWaiter, nil, c)
		dead.expect("waiting")
		lock(t, c.Mutex())
		require.NoError(t, c.Mutex().Unlock())
		alive := start(t, condWaiter, nil, c)
		alive.expect("waiting")
		lock(t, c.Mutex())
		require.NoError(t, c.Notify(1)) // goes to the first, which cannot get the lock
		dead.kill()
		require.NoError(t, c.Mutex().Unlock())
		alive.expect("woken")
	})
}
