package main

import (
	"context"
	"errors"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// benchMemory measures what one of many holds while it waits. The bytes of a sleeping task
// are a row of benchSleepers.
func benchMemory(ctx context.Context, opts measure.Options, emit measure.Emitter) error {
	for _, r := range []struct {
		name string
		n    int
		make func(ctx context.Context, n int) (release func() error, err error)
	}{
		{"bytes_queued_thread_call", 100_000, queueOnThreads},
		{"bytes_queued_process_call", 100_000, queueOnProcesses},
		{"bytes_thread_worker", 1000, threadWorkersOf},
		{"bytes_thread_pool", 1000, threadPoolsOf},
		{"bytes_process_worker", 16, processWorkersOf},
		{"bytes_process_pool", 16, processPoolsOf},
	} {
		if !opts.Wants(r.name) {
			continue
		}
		empty := inUse()
		release, err := r.make(ctx, r.n)
		if err != nil {
			return err
		}
		full := inUse()
		if err := release(); err != nil {
			return err
		}
		emit(measure.Row{Row: r.name, Value: float64(int64(full-empty)) / float64(r.n), Unit: "B", Peer: us})
	}
	return nil
}

func queueOnThreads(ctx context.Context, n int) (func() error, error) {
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
	if err != nil {
		return nil, err
	}
	gate := make(chan struct{})
	wait := executor.Func(func(context.Context) (none, error) { <-gate; return none{}, nil })
	return queueOn(ctx, pool, n, wait, func() error { close(gate); return pool.Shutdown(ctx) })
}

// queueOnProcesses queues calls that sleep, behind four that do, and takes them back.
func queueOnProcesses(ctx context.Context, n int) (func() error, error) {
	pool, err := newPool(ctx)
	if err != nil {
		return nil, err
	}
	now, cancel := context.WithCancel(ctx)
	cancel()
	return queueOn(ctx, pool, n, nap.Bind(3600), func() error {
		if err := pool.Shutdown(now); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
}

func queueOn(ctx context.Context, pool executor.Executor, n int, call executor.Call[none], end func() error) (func() error, error) {
	futures := make([]*future.Future[none], n)
	for i := range futures {
		f, err := executor.Submit(ctx, pool, call)
		if err != nil {
			return nil, errors.Join(err, end())
		}
		futures[i] = f
	}
	return func() error {
		for _, f := range futures {
			f.Cancel()
		}
		return end()
	}, nil
}

func threadWorkersOf(ctx context.Context, n int) (func() error, error) {
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: n})
	if err != nil {
		return nil, err
	}
	// As many calls as workers, which wait for each other, have all of them started.
	var all sync.WaitGroup
	all.Add(n)
	var futures []*future.Future[none]
	for range n {
		f, err := executor.Submit(ctx, pool, executor.Func(func(context.Context) (none, error) {
			all.Done()
			all.Wait()
			return none{}, nil
		}))
		if err != nil {
			return nil, err
		}
		futures = append(futures, f)
	}
	for _, f := range futures {
		if _, err := f.Await(ctx); err != nil {
			return nil, err
		}
	}
	return func() error { return pool.Shutdown(ctx) }, nil
}

func threadPoolsOf(ctx context.Context, n int) (func() error, error) {
	var pools []*executor.ThreadPool
	for range n {
		pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
		if err != nil {
			return nil, err
		}
		if err := burst(ctx, pool, 1); err != nil {
			return nil, err
		}
		pools = append(pools, pool)
	}
	return func() error {
		var errs []error
		for _, p := range pools {
			errs = append(errs, p.Shutdown(ctx))
		}
		return errors.Join(errs...)
	}, nil
}

func processWorkersOf(ctx context.Context, n int) (func() error, error) {
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: n})
	if err != nil {
		return nil, err
	}
	return func() error { return pool.Shutdown(ctx) }, warm(ctx, pool)
}

func processPoolsOf(ctx context.Context, n int) (func() error, error) {
	pools, err := openPools(ctx, n)
	return func() error { return shutDown(ctx, pools) }, err
}
