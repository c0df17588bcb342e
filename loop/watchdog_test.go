package loop_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// blocksTheLoop is what a task must not do.
func blocksTheLoop() { time.Sleep(10 * time.Second) }

func TestABlockedLoopIsReportedWhileItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		type report struct {
			loop.Blocked
			at time.Duration
		}
		var mu sync.Mutex // the watchdog and the loop never report at once, but main looks meanwhile
		var reports []report
		cfg := loop.Config{OnBlocked: func(_ *loop.Loop, b loop.Blocked) {
			mu.Lock()
			defer mu.Unlock()
			reports = append(reports, report{b, time.Since(start)})
		}}
		_, err := loop.RunWith(t.Context(), cfg, func(ctx context.Context) (none, error) {
			task := loop.CreateTask(ctx, func(context.Context) (none, error) {
				blocksTheLoop()
				return none{}, nil
			}, loop.WithName("culprit"))
			_, err := task.Await(ctx)
			mu.Lock()
			require.Len(t, reports, 2, "once an incident, and its end")
			mu.Unlock()
			soon(t, here(t, ctx), blocksTheLoop)
			require.NoError(t, loop.Sleep(ctx, 0))
			return none{}, err
		})
		require.NoError(t, err)
		require.Len(t, reports, 4)
		require.Equal(t, "culprit", reports[0].Task)
		require.Contains(t, reports[0].Stack, "loop_test.blocksTheLoop")
		require.Contains(t, reports[0].String(), `task "culprit" has not yielded for 1s`)
		require.Less(t, reports[0].at, 2*time.Second, "while it is stuck")
		require.True(t, reports[1].Over)
		require.Contains(t, reports[1].String(), "the loop goes on")
		require.InDelta(t, 10, reports[1].For.Seconds(), 0.5)
		require.Empty(t, reports[2].Task)
		require.Contains(t, reports[2].Callback, "blocksTheLoop")
		require.True(t, reports[3].Over)
	})
}

func TestTheWatchdogLogsByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text logged
		_, err := loop.RunWith(t.Context(), loop.Config{Logger: text.logger()}, func(context.Context) (none, error) {
			blocksTheLoop()
			return none{}, nil
		})
		require.NoError(t, err)
		require.Regexp(t, `level=WARN msg=.*the loop is blocked: task .*stack=.*blocksTheLoop`, text.String())
		require.Regexp(t, `the loop goes on: task .* had blocked it for`, text.String())
	})
}

func TestALoopThatGetsOnIsNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := loop.Config{OnBlocked: func(_ *loop.Loop, b loop.Blocked) { t.Error(b) }}
		start := time.Now()
		_, err := loop.RunWith(t.Context(), cfg, func(ctx context.Context) (none, error) {
			for range 50 {
				time.Sleep(900 * time.Millisecond) // slow, but not yet stuck
				if err := loop.Sleep(ctx, 0); err != nil {
					return none{}, err
				}
			}
			return none{}, loop.Sleep(ctx, 24*time.Hour)
		})
		require.NoError(t, err)
		require.Equal(t, 24*time.Hour+45*time.Second, time.Since(start), "the clock is the program's own")
	})
}

func TestTheWatchdogCanBeTurnedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := loop.Config{BlockedAfter: -1, OnBlocked: func(_ *loop.Loop, b loop.Blocked) { t.Error(b) }}
		_, err := loop.RunWith(t.Context(), cfg, func(context.Context) (none, error) {
			blocksTheLoop()
			return none{}, nil
		})
		require.NoError(t, err)
	})
}

func TestTheWatchdogHasALimitOfChoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []loop.Blocked
		cfg := loop.Config{BlockedAfter: 5 * time.Second, OnBlocked: func(_ *loop.Loop, b loop.Blocked) { got = append(got, b) }}
		_, err := loop.RunWith(t.Context(), cfg, func(ctx context.Context) (none, error) {
			time.Sleep(4 * time.Second)
			if err := loop.Sleep(ctx, 0); err != nil {
				return none{}, err
			}
			time.Sleep(20 * time.Second)
			return none{}, nil
		})
		require.NoError(t, err)
		require.Len(t, got, 2)
		require.Equal(t, 5*time.Second, got[0].For)
	})
}
