//go:build linux

package shared_test

import (
	"context"
	"path/filepath"
	"runtime/metrics"
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

// parked waits until so many goroutines, all but a few, wait in Go: one that waits
// in the kernel, on a thread of its own, does not count. Others that wait do, so it is
// for many; how many others there are cannot be known, for those of the test before may
// be about to end.
func parked(t *testing.T, want int) {
	t.Helper()
	require.Eventually(t, func() bool { return waitingInGo() >= want-20 }, 10*time.Second, time.Millisecond)
}

func waitingInGo() int {
	sample := []metrics.Sample{{Name: "/sched/goroutines/waiting:goroutines"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64())
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
			parked(t, 1000)
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
		parked(t, 240)
		require.Less(t, threads(t), before+50)
		cancel()
		wg.Wait()
	})
}
