package loop_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// The rows of "What swallows a cancellation" in docs/howto/cancellation.md that say what
// Timeout makes of what a body returns.
func TestWhatABodyMakesOfItsCancellationIsWhatTimeoutReturns(t *testing.T) {
	for name, row := range map[string]struct {
		body    func(error) error
		expired bool // Timeout returns a TimeoutError
	}{
		"the error":         {func(err error) error { return err }, true},
		"wrapped with %w":   {func(err error) error { return fmt.Errorf("fetch: %w", err) }, true},
		"its text, with %v": {func(err error) error { return fmt.Errorf("fetch: %v", err) }, false},
		"nothing":           {func(error) error { return nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				run(t, func(ctx context.Context) {
					var told error
					err := loop.Timeout(ctx, time.Second, func(ctx context.Context) error {
						told = loop.Sleep(ctx, time.Hour)
						return row.body(told)
					})
					require.True(t, future.IsCanceled(told))
					if row.expired {
						require.ErrorIs(t, err, future.ErrTimeout)
						return
					}
					require.Equal(t, row.body(told), err)
				})
			})
		})
	}
}

// A worker that logs every error and goes on is stopped by nothing, and it does not stop
// the loop: each failed wait gives up a turn, and Run reports it.
func TestALoopThatLogsEveryErrorIsReportedAndStopsNothing(t *testing.T) {
	var got reports
	turns, waits := 0, 0
	synctest.Test(t, func(t *testing.T) {
		_, err := loop.RunWith(t.Context(), loop.Config{ExceptionHandler: got.handler}, func(ctx context.Context) (none, error) {
			loop.Spawn(ctx, func(ctx context.Context) error {
				for started := time.Now(); time.Since(started) < 6*time.Second; waits++ {
					if err := loop.Sleep(ctx, time.Hour); err != nil {
						_ = loop.Sleep(context.WithoutCancel(ctx), 10*time.Millisecond) // time passes in no other way here
						continue
					}
				}
				return nil
			}, loop.WithName("worker"))
			loop.Spawn(ctx, func(ctx context.Context) error {
				for range 100 {
					if err := loop.Sleep(context.WithoutCancel(ctx), 0); err != nil {
						return err
					}
					turns++
				}
				return nil
			})
			return none{}, loop.Sleep(ctx, 0)
		})
		require.NoError(t, err)
	})
	require.Equal(t, 100, turns)
	require.Greater(t, waits, 500)
	require.Len(t, got, 1)
	require.Regexp(t, `"worker" was canceled 5s ago, \d{3} waits failed since, the last .* ago in .*cancel_swallow_test\.go:\d+\), and it went on; now it waits in .*`, got[0].Message)
}
