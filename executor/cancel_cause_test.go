package executor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var waitsForItsContext = executor.RegisterAction("test.waitsForItsContext", func(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
})

// A context that ends for a cause of the program's own is canceled, or its time is
// over, all the same: the cause is what is found in the error, not its kind.
func TestACauseKeepsTheKindOfTheEnd(t *testing.T) {
	cause := errors.New("the client went away")
	pools := map[string]executor.Executor{"processes": newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})}
	threads, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
	require.NoError(t, err)
	t.Cleanup(func() { _ = threads.Shutdown(context.Background()) })
	pools["goroutines"] = threads
	for name, pool := range pools {
		for _, state := range []string{"running", "queued"} {
			t.Run(name+"/canceled/"+state, func(t *testing.T) {
				busy, release := context.WithCancel(t.Context())
				defer release()
				if state == "queued" {
					_, err := executor.Submit(busy, pool, waitsForItsContext.Bind())
					require.NoError(t, err)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				f, err := executor.Submit(ctx, pool, waitsForItsContext.Bind())
				require.NoError(t, err)
				time.AfterFunc(10*time.Millisecond, func() { cancel(cause); release() })
				_, err = await(t, f)
				require.ErrorIs(t, err, context.Canceled)
				require.True(t, future.IsCanceled(err))
				require.NotErrorIs(t, err, context.DeadlineExceeded)
			})
			t.Run(name+"/overdue/"+state, func(t *testing.T) {
				busy, release := context.WithCancel(t.Context())
				defer release()
				if state == "queued" {
					_, err := executor.Submit(busy, pool, waitsForItsContext.Bind())
					require.NoError(t, err)
				}
				ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Millisecond, cause)
				defer cancel()
				f, err := executor.Submit(ctx, pool, waitsForItsContext.Bind())
				require.NoError(t, err)
				time.AfterFunc(20*time.Millisecond, release)
				_, err = await(t, f)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.NotErrorIs(t, err, context.Canceled)
			})
		}
	}
}
