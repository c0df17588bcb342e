package main

import (
	"context"
	"errors"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// The rows of a thread pool of two workers, outside a loop: what the pools of other Go
// modules can do, too. gopeers has the same rows for those.
const (
	threadOneRow        = "thread_submit_await"
	threadBurstRow      = "thread_burst_10k"
	threadBurstBytesRow = "thread_burst_10k_bytes"
)

const (
	threadWorkers = 2
	threadBurst   = 10_000
)

func benchThreads(ctx context.Context, opts measure.Options, emit measure.Emitter) (err error) {
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: threadWorkers})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Shutdown(ctx)) }()
	if err := measure.Best(ctx, opts, us, []measure.Operation{
		{Name: threadOneRow, N: 200_000, Run: measure.Timed(func(ctx context.Context, n int) error {
			return threadOne(ctx, pool, n)
		})},
		{Name: threadBurstRow, N: 500_000, Run: measure.Timed(func(ctx context.Context, n int) error {
			return threadBursts(ctx, pool, n)
		})},
	}, emit); err != nil {
		return err
	}
	return measure.Bytes(ctx, opts, us, threadBurstBytesRow, threadBurst, func(ctx context.Context, n int) error {
		return threadBursts(ctx, pool, n)
	}, emit)
}

func square(i int) int { return i * i }

func threadOne(ctx context.Context, pool executor.Executor, n int) error {
	for range n {
		f, err := executor.Submit(ctx, pool, executor.Func(func(context.Context) (int, error) { return square(3), nil }))
		if err != nil {
			return err
		}
		if _, err := f.Await(ctx); err != nil {
			return err
		}
	}
	return nil
}

func threadBursts(ctx context.Context, pool executor.Executor, n int) error {
	size := min(threadBurst, n)
	for range n / size {
		if err := burst(ctx, pool, size); err != nil {
			return err
		}
	}
	return nil
}

// burst gives the pool n functions and awaits their results.
func burst(ctx context.Context, pool executor.Executor, n int) error {
	futures := make([]*future.Future[int], n)
	for i := range futures {
		f, err := executor.Submit(ctx, pool, executor.Func(func(context.Context) (int, error) { return square(i), nil }))
		if err != nil {
			return err
		}
		futures[i] = f
	}
	_, err := future.Gather(futures...).Await(ctx)
	return err
}
