package main

import (
	"context"
	"errors"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// openPools starts so many pools of one worker and has a result from each.
func openPools(ctx context.Context, n int) (pools []*executor.ProcessPool, err error) {
	for range n {
		pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1})
		if err != nil {
			return nil, errors.Join(err, shutDown(ctx, pools))
		}
		pools = append(pools, pool)
	}
	return pools, onEach(ctx, pools, 1)
}

func shutDown(ctx context.Context, pools []*executor.ProcessPool) error {
	var errs []error
	for _, p := range pools {
		errs = append(errs, p.Shutdown(ctx))
	}
	return errors.Join(errs...)
}

// onEach gives each pool so many calls, in turn, and awaits them.
func onEach(ctx context.Context, pools []*executor.ProcessPool, calls int) error {
	futures := make([]*future.Future[int], 0, calls*len(pools))
	for i := range calls {
		for _, p := range pools {
			f, err := executor.Submit(ctx, p, same.Bind(i))
			if err != nil {
				return err
			}
			futures = append(futures, f)
		}
	}
	for _, f := range futures {
		if _, err := f.Await(ctx); err != nil {
			return err
		}
	}
	return nil
}

// startPools returns the milliseconds that a pool takes until its first result when so
// many start at once.
func startPools(ctx context.Context, n int) (float64, error) {
	start := time.Now()
	pools, err := openPools(ctx, n)
	spent := milliseconds(time.Since(start)) / float64(n)
	return spent, errors.Join(err, shutDown(ctx, pools))
}

// manyPools returns the time of a call when so many pools have work.
func manyPools(ctx context.Context, n int) (v float64, err error) {
	pools, err := openPools(ctx, n)
	defer func() { err = errors.Join(err, shutDown(ctx, pools)) }()
	if err != nil {
		return 0, err
	}
	calls := max(20_000/n, 100)
	start := time.Now()
	err = onEach(ctx, pools, calls)
	return float64(time.Since(start).Nanoseconds()) / float64(calls*n), err
}
