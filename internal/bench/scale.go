package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A scaleRow measures at one place of the x axis and returns the value there.
type scaleRow struct {
	name, unit string
	at         []int
	run        func(ctx context.Context, x int) (float64, error)
}

var (
	upTo16       = []int{1, 2, 4, 8, 16}
	upToAMillion = []int{1, 10, 100, 1000, 10_000, 100_000, 1_000_000}
)

// scaleRows are measured by the best of two, for the first one also warms up.
var scaleRows = []scaleRow{
	{"scale_workers_threads", "ns", upTo16, workersOfThreads},
	{"scale_workers_process", "ns", upTo16, workersOfProcesses},
	{"scale_queued_threads", "ns", upToAMillion, queuedThreads},
	{"scale_queued_loop", "ns", upToAMillion, queuedLoop},
	{"scale_queued_process", "ns", upToAMillion, queuedProcess},
	{"scale_timers", "ns", upToAMillion[3:], manyTimers},
	{"scale_pools_start", "ms", []int{1, 2, 4, 8, 16, 32, 64}, startPools},
	{"scale_pools", "ns", []int{1, 2, 4, 8, 16, 32, 64}, manyPools},
	{"scale_tasks", "ns", upToAMillion[3:], manyTasks},
}

func benchScale(ctx context.Context, opts measure.Options, emit measure.Emitter) error {
	for _, part := range []func(context.Context, measure.Options, measure.Emitter) error{
		benchIdle, benchMemory, benchArguments, benchLatency, benchLines,
	} {
		err := part(ctx, opts, emit)
		if errors.Is(err, errors.ErrUnsupported) {
			fmt.Fprintln(os.Stderr, "bench:", err)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func benchLines(ctx context.Context, opts measure.Options, emit measure.Emitter) error {
	for _, r := range scaleRows {
		if !opts.Wants(r.name) {
			continue
		}
		for _, x := range r.at {
			if opts.Quick && x > 1000 {
				break
			}
			best := 0.0
			for range 2 {
				v, err := r.run(ctx, x)
				if err != nil {
					return fmt.Errorf("%s at %d: %w", r.name, x, err)
				}
				if best == 0 || v < best {
					best = v
				}
			}
			emit(measure.Row{Row: r.name, X: float64(x), Value: best, Unit: r.unit, Peer: us})
		}
	}
	return nil
}

// repeated returns how often to do a batch of n so that the clock has something to see.
func repeated(n int) int { return max(1, 2000/n) }

// each returns the time of one of n operations, in batches.
func each(n int, batch func() error) (float64, error) {
	times := repeated(n)
	start := time.Now()
	for range times {
		if err := batch(); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(start).Nanoseconds()) / float64(n*times), nil
}

func workersOfThreads(ctx context.Context, workers int) (float64, error) {
	return withThreads(ctx, workers, func(pool *executor.ThreadPool) (float64, error) {
		return each(threadBurst, func() error { return burst(ctx, pool, threadBurst) })
	})
}

func queuedThreads(ctx context.Context, n int) (float64, error) {
	return withThreads(ctx, threadWorkers, func(pool *executor.ThreadPool) (float64, error) {
		return each(n, func() error { return burst(ctx, pool, n) })
	})
}

func withThreads(ctx context.Context, workers int, fn func(*executor.ThreadPool) (float64, error)) (v float64, err error) {
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: workers})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, pool.Shutdown(ctx)) }()
	return fn(pool)
}

func workersOfProcesses(ctx context.Context, workers int) (float64, error) {
	return withProcesses(ctx, workers, func(pool *executor.ProcessPool) (float64, error) {
		return each(10_000, func() error { return callAll(ctx, pool, 10_000) })
	})
}

func queuedProcess(ctx context.Context, n int) (float64, error) {
	return withProcesses(ctx, workers, func(pool *executor.ProcessPool) (float64, error) {
		return each(n, func() error { return callAll(ctx, pool, n) })
	})
}

func callAll(ctx context.Context, pool *executor.ProcessPool, n int) error {
	_, err := all(ctx, pool, same, numbers(n))
	return err
}

func withProcesses(ctx context.Context, workers int, fn func(*executor.ProcessPool) (float64, error)) (v float64, err error) {
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: workers})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, pool.Shutdown(ctx)) }()
	if err := warm(ctx, pool); err != nil {
		return 0, err
	}
	return fn(pool)
}

func queuedLoop(ctx context.Context, n int) (float64, error) {
	return onLoop(ctx, func(ctx context.Context) (float64, error) {
		return each(n, func() error { return offloadAll(ctx, n) })
	})
}

func manyTimers(ctx context.Context, n int) (float64, error) {
	return onLoop(ctx, func(ctx context.Context) (float64, error) {
		const ops = 10_000
		spent, err := timers(n)(ctx, ops)
		return float64(spent.Nanoseconds()) / ops, err
	})
}

func manyTasks(ctx context.Context, n int) (float64, error) {
	return onLoop(ctx, func(ctx context.Context) (float64, error) {
		return each(n, func() error {
			tasks, err := startSleepers(ctx, n)
			if err != nil {
				return err
			}
			return endSleepers(ctx, tasks)
		})
	})
}

func onLoop(ctx context.Context, fn func(context.Context) (float64, error)) (float64, error) {
	return loop.Run(ctx, fn)
}
