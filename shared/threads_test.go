//go:build linux

package shared_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func threads(t *testing.T) int {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*")
	require.NoError(t, err)
	return len(tasks)
}

// A thousand goroutines that wait must not take a thousand threads: the runtime
// ends a program that has ten thousand.
func TestAThousandWaitersCostFewThreads(t *testing.T) {
	for name, call := range waits(t) {
		if name == "Condition.Wait" || name == "Barrier.Wait" {
			continue // they have room for 240, below
		}
		t.Run(name, func(t *testing.T) {
			before := threads(t)
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for range 1000 {
				wg.Go(func() { _ = call(ctx) })
			}
			time.Sleep(50 * time.Millisecond) // for threads to appear, if they do
			require.Less(t, threads(t), before+50)
			cancel()
			wg.Wait()
		})
	}
	t.Run("240 of a condition", func(t *testing.T) {
		cond := newCondition(t, nil)
		before := threads(t)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 240 {
			wg.Go(func() {
				must(cond.Mutex().Lock(context.Background()))
				_ = cond.Wait(ctx)
				must(cond.Mutex().Unlock())
			})
		}
		time.Sleep(50 * time.Millisecond)
		require.Less(t, threads(t), before+50)
		cancel()
		wg.Wait()
	})
}
