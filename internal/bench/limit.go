package main

import (
	"context"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// limit is the peer of a row that does nothing but what no library could leave out: the
// bare switch, the bare hand-over, the bare copy. It has no errors, no cancellation, no
// order and no end. A row's distance from it is what these cost.
const limit = "limit"

// benchLimits measures the limits.
func benchLimits(ctx context.Context, opts measure.Options, emit measure.Emitter) error {
	if err := measure.Best(ctx, opts, limit, []measure.Operation{
		{Name: "call_soon_chain", N: 200_000, Run: measure.Timed(bareQueue(1))},
		{Name: "call_soon_bulk", N: 200_000, Run: measure.Timed(bareQueue(200_000))},
		{Name: "call_soon_threadsafe_1", N: 100_000, Run: measure.Timed(bareChannel(1))},
		{Name: "call_soon_threadsafe_4", N: 100_000, Run: measure.Timed(bareChannel(4))},
		{Name: "task_switch_1", N: 100_000, Run: measure.Timed(barePull(1))},
		{Name: "task_switch_100", N: 200_000, Run: measure.Timed(barePull(100))},
		{Name: "create_task_gather", N: 100_000, Run: measure.Timed(barePull(1))},
		{Name: "future_await", N: 100_000, Run: measure.Timed(barePull(1))},
		{Name: "timer_schedule_cancel", N: 100_000, Run: bareHeap(0, false)},
		{Name: "timer_fire", N: 100_000, Run: bareHeap(0, true)},
		{Name: "timers_1k", N: 100_000, Run: bareHeap(1_000, true)},
		{Name: "timers_100k", N: 100_000, Run: bareHeap(100_000, true)},
		{Name: "timers_1M", N: 100_000, Run: bareHeap(1_000_000, true)},
		{Name: "queue_put_get", N: 100_000, Run: measure.Timed(barePullQueue)},
		{Name: "lock_contended", N: 100_000, Run: measure.Timed(barePull(10))},
		{Name: "executor_sequential", N: 50_000, Run: measure.Timed(bareHandOff)},
		{Name: "executor_gather", N: 100_000, Run: measure.Timed(bareHandOffs(1, 1000))},
		{Name: "stream_echo_1", N: 20_000, Run: measure.Timed(bareLoopback)},
		{Name: "stream_echo_16", N: 20_000, Run: measure.Timed(bareLoopback)},
		{Name: threadOneRow, N: 200_000, Run: measure.Timed(bareHandOff)},
		{Name: threadBurstRow, N: 500_000, Run: measure.Timed(bareHandOffs(threadWorkers, threadBurst))},
	}, emit); err != nil {
		return err
	}
	if err := benchProcessLimits(ctx, opts, emit); err != nil {
		return err
	}
	return bareSleepers(ctx, opts, emit)
}
