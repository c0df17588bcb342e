package loop_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestSleep(t *testing.T) {
	sub(t, "twice takes twice the time", func(t *testing.T, ctx context.Context) {
		start := time.Now()
		v, err := loop.CreateTask(ctx, func(ctx context.Context) (string, error) {
			if err := loop.Sleep(ctx, tick); err != nil {
				return "", err
			}
			return "yeah", loop.Sleep(ctx, tick)
		}).Await(ctx)
		require.NoError(t, err)
		require.Equal(t, "yeah", v)
		require.Equal(t, 2*tick, time.Since(start))
	})
	sub(t, "canceled, takes its timer back", func(t *testing.T, ctx context.Context) {
		start := time.Now()
		task := loop.CreateTask(ctx, sleeper(10*time.Second, 1))
		require.NoError(t, loop.Sleep(ctx, 0))
		task.Cancel()
		require.NoError(t, loop.Sleep(ctx, 0))
		require.True(t, task.Canceled(), "one iteration is enough")
		require.Equal(t, start, time.Now())
	})
	sub(t, "of zero gives everybody else one turn", func(t *testing.T, ctx context.Context) {
		result := 0
		soon(t, here(t, ctx), func() { result++ })
		require.Zero(t, result)
		require.NoError(t, loop.Sleep(ctx, 0))
		require.Equal(t, 1, result)
	})
	t.Run("in a goroutine", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		require.NoError(t, loop.Sleep(ctx, time.Millisecond))
		cancel(errBoom)
		require.ErrorIs(t, loop.Sleep(ctx, time.Hour), errBoom)
	})
}

func TestTimersRunByDeadlineAndEqualOnesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t)
		var order []string
		at := func(d time.Duration, s string) {
			_, err := l.CallLater(d, func() { order = append(order, s) })
			require.NoError(t, err)
		}
		when := l.Time().Add(time.Hour)
		for _, s := range []string{"x", "y", "z"} {
			h, err := l.CallAt(when, func() { order = append(order, s) })
			require.NoError(t, err)
			require.True(t, h.When().Equal(when))
		}
		at(30*time.Minute, "half")
		at(-1*time.Second, "late")
		at(-2*time.Second, "later")
		at(2*time.Hour, "end")
		_, err := l.CallLater(2*time.Hour, l.Stop)
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, l.RunForever())
		require.Equal(t, []string{"later", "late", "half", "x", "y", "z", "end"}, order)
		require.Equal(t, 2*time.Hour, time.Since(start))
	})
}

func TestTimerDueNowRunsInTheNextIteration(t *testing.T) {
	l := newLoop(t)
	var order []string
	soon(t, l, func() {
		_, err := l.CallLater(0, func() { order = append(order, "timer"); l.Stop() })
		require.NoError(t, err)
		soon(t, l, func() { order = append(order, "soon") })
	})
	require.NoError(t, l.RunForever())
	require.Equal(t, []string{"soon", "timer"}, order)
}

func TestAnEndlessDelayDoesNotWrapAround(t *testing.T) {
	l := newLoop(t)
	_, err := l.CallLater(1<<63-1, func() { t.Error("ran") })
	require.NoError(t, err)
	_, err = l.CallLater(time.Millisecond, l.Stop)
	require.NoError(t, err)
	require.NoError(t, l.RunForever())
}

func TestNegativeDelaysRunInTheOrderOfTheirDeadlines(t *testing.T) {
	l := newLoop(t)
	var order []int
	for _, d := range []int{-1, -2, 0, -3} {
		_, err := l.CallLater(time.Duration(d)*time.Second, func() { order = append(order, d) })
		require.NoError(t, err)
	}
	soon(t, l, l.Stop)
	require.NoError(t, l.RunForever())
	require.Equal(t, []int{-3, -2, -1, 0}, order)
}

func TestCallLaterAndCallAtKeepTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t)
		start := l.Time()
		at := map[string]time.Duration{}
		note := func(name string) func() { return func() { at[name] = l.Time().Sub(start) } }
		later, err := l.CallLater(100*time.Millisecond, note("later"))
		require.NoError(t, err)
		require.True(t, later.When().Equal(start.Add(100*time.Millisecond)))
		when := start.Add(250*time.Millisecond + 1)
		atHandle, err := l.CallAt(when, func() { note("at")(); l.Stop() })
		require.NoError(t, err)
		require.True(t, atHandle.When().Equal(when))
		require.NoError(t, l.RunForever())
		require.Equal(t, map[string]time.Duration{"later": 100 * time.Millisecond, "at": 250*time.Millisecond + 1}, at, "not a nanosecond early")
	})
}
