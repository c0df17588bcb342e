//go:build !race

package loop_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// The race detector keeps records of its own for every goroutine, so the size says
// something only without it.
func TestASleepingTaskIsSmall(t *testing.T) {
	const n = 20_000
	most := uint64(4096)
	if runtime.GOOS == "windows" {
		most = 12 << 10 // no stack of a goroutine has less than 8 KiB there
	}
	run(t, func(ctx context.Context) {
		var before, after runtime.MemStats
		// A new goroutine gets the stack that the average one used at the last
		// collection: few goroutines with a test on them are no measure.
		over := make(chan none)
		defer close(over)
		for range 1000 {
			go func() { <-over }()
		}
		runtime.GC()
		runtime.ReadMemStats(&before)
		all := make([]*loop.Task[none], n)
		for i := range all {
			all[i] = loop.CreateTask(ctx, func(ctx context.Context) (none, error) { return none{}, loop.Sleep(ctx, time.Hour) })
		}
		require.NoError(t, loop.Sleep(ctx, 0))
		runtime.GC()
		runtime.ReadMemStats(&after)
		size := (after.HeapInuse + after.StackInuse - before.HeapInuse - before.StackInuse) / n
		require.LessOrEqual(t, size, most, "bytes a task")
		for _, task := range all {
			task.Cancel()
		}
		_, err := future.GatherOutcomes(all...).Await(ctx)
		require.NoError(t, err)
	})
}

func TestCallSoonAllocatesNothingWhereTheHandleIsDropped(t *testing.T) {
	run(t, func(ctx context.Context) {
		l := here(t, ctx)
		nothing := func() {}
		for range 1000 { // the queue grows
			_, _ = l.CallSoon(nothing)
		}
		require.NoError(t, loop.Sleep(ctx, 0))
		require.Zero(t, testing.AllocsPerRun(500, func() { _, _ = l.CallSoon(nothing) }))
	})
}

func TestCallSoonThreadsafeAllocatesNothingWhereTheHandleIsDropped(t *testing.T) {
	l := newLoop(t)
	nothing := func() {}
	post := func() { _, _ = l.CallSoonThreadsafe(nothing) }
	once := func() {
		soon(t, l, l.Stop)
		require.NoError(t, l.RunForever())
	}
	for range 2 { // both buffers of the inbox grow
		for range 1000 {
			post()
		}
		once()
	}
	require.Zero(t, testing.AllocsPerRun(500, post))
	once()
}
