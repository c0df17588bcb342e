package loop_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// Durations and moments at the ends of what their types hold are far away or long
// ago, and nothing wraps around.
func TestAbsurdTimes(t *testing.T) {
	for _, past := range []time.Duration{math.MinInt64, -1, 0} {
		t.Run(fmt.Sprint(past), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, err := loop.Run(t.Context(), func(ctx context.Context) (int, error) {
					begin := time.Now()
					if err := loop.Sleep(ctx, past); err != nil {
						return 0, err
					}
					l := loop.Current(ctx)
					for _, schedule := range []func(func()) (*loop.TimerHandle, error){
						func(fn func()) (*loop.TimerHandle, error) { return l.CallLater(past, fn) },
						func(fn func()) (*loop.TimerHandle, error) { return l.CallAt(time.Now().Add(past), fn) },
						func(fn func()) (*loop.TimerHandle, error) { return l.CallAt(time.Time{}, fn) },
					} {
						fired := future.NewOn[int](l)
						if _, err := schedule(func() { _ = fired.SetResult(1) }); err != nil {
							return 0, err
						}
						if _, err := fired.Future().Await(ctx); err != nil {
							return 0, err
						}
					}
					err := loop.Timeout(ctx, past, func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) })
					require.ErrorIs(t, err, context.DeadlineExceeded)
					_, err = future.WaitFor(ctx, future.NewOn[int](l).Future(), past)
					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.Zero(t, time.Since(begin))
					return 0, nil
				})
				require.NoError(t, err)
			})
		})
	}
	t.Run("far away", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, err := loop.Run(t.Context(), func(ctx context.Context) (int, error) {
				l := loop.Current(ctx)
				far := func() { t.Error("the end of time has come") }
				_, err := l.CallLater(math.MaxInt64, far)
				require.NoError(t, err)
				_, err = l.CallAt(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), far)
				require.NoError(t, err)
				one := func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) }
				require.NoError(t, loop.Timeout(ctx, math.MaxInt64, one))
				task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return 1, one(ctx) })
				v, err := future.WaitFor(ctx, task, math.MaxInt64)
				require.Equal(t, 1, v)
				return 0, err
			})
			require.NoError(t, err)
		})
	})
}

// With a clock that goes, the distance to a moment long ago is more than a Duration
// holds.
func TestATimerOfLongAgoIsDue(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := loop.Run(ctx, func(ctx context.Context) (int, error) {
		require.NoError(t, loop.Sleep(ctx, time.Millisecond))
		fired := future.NewOn[int](loop.Current(ctx))
		_, err := loop.Current(ctx).CallLater(math.MinInt64, func() { _ = fired.SetResult(1) })
		require.NoError(t, err)
		return fired.Future().Await(ctx)
	})
	require.NoError(t, err)
}
