package executor_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// A burst of calls that is not awaited leaves workers asleep that are not needed for
// calls as short as these. Shutdown ends them all the same, whichever call was the
// last, and however the burst came about.
func TestShutdownAfterABurst(t *testing.T) {
	for _, workers := range []int{2, 4, 7} {
		for _, awaited := range []int{0, 1, 100} {
			for _, burst := range []int{1, 2, 30, 300} {
				t.Run(fmt.Sprintf("%d workers, %d calls, then %d", workers, awaited, burst), func(t *testing.T) {
					p, err := executor.NewProcessPool(executor.ProcessConfig{Workers: workers, Logger: quiet, Env: []string{"GORACE=atexit_sleep_ms=0"}})
					require.NoError(t, err)
					require.NoError(t, p.Ready(t.Context()))
					for i := range awaited {
						require.Equal(t, 2*i, resultOf(t, give(t, p, twofold.Bind(i))))
					}
					var futures []*future.Future[int]
					for i := range burst {
						futures = append(futures, give(t, p, twofold.Bind(i)))
					}
					ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
					defer cancel()
					err = p.Shutdown(ctx)
					if err != nil {
						p.Kill()
					}
					require.NoError(t, err)
					for i, f := range futures {
						require.True(t, f.IsDone())
						require.Equal(t, 2*i, resultOf(t, f))
					}
				})
			}
		}
	}
}
