package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// region worker
// done is how many bytes all workers have dealt with. The initializer hands it
// to every worker process.
var done *shared.Value[int64]

var initWorker = executor.RegisterNoResult("wordcount.init", func(_ context.Context, counter *shared.Value[int64]) error {
	done = counter
	return nil
})

// mapPartition counts the words of some files, in a worker process.
var mapPartition = executor.Register("wordcount.map", func(ctx context.Context, files []file) (tally, error) {
	counting := newCounter()
	for _, f := range files {
		if ctx.Err() != nil { // the user pressed Ctrl-C
			return tally{}, context.Cause(ctx)
		}
		counting.file(f.Path)
		done.Add(f.Size)
	}
	return counting.tally(), nil
})

// endregion worker

// region count
// count counts files on worker processes, in a task. Nothing in it needs a lock:
// what merges and what draws are tasks of one loop, which run one at a time.
func count(ctx context.Context, files []file, workers int, show progress) (total tally, err error) {
	counter, err := shared.NewValue(int64(0))
	if err != nil {
		return total, err
	}
	defer counter.Close()
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: workers, Initializer: initWorker.Bind(counter)})
	if err != nil {
		return total, err
	}
	defer func() { err = errors.Join(err, stop(ctx, pool)) }()

	show.start(totalSize(files))
	drawing := loop.CreateTask(ctx, func(ctx context.Context) (executor.None, error) {
		for {
			show.draw(counter.Load())
			if err := loop.Sleep(ctx, 100*time.Millisecond); err != nil {
				return executor.None{}, err
			}
		}
	})
	defer func() {
		drawing.Cancel()
		show.finish(counter.Load())
	}()

	parts := slices.Values(partitions(files, workers))
	asTheyComplete := executor.MapOptions{Unordered: true, Window: 2 * workers}
	for part, err := range executor.Map(ctx, pool, mapPartition.Bind, parts, asTheyComplete) {
		if err != nil {
			return total, err
		}
		total.merge(part)
	}
	return total, nil
}

// endregion count

// stop ends the pool: in no time if all is done, and also if ctx was canceled,
// because the workers look at their contexts between two files. One that reads
// a very large file then is killed.
func stop(ctx context.Context, pool *executor.ProcessPool) error {
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 500*time.Millisecond)
	defer cancel()
	err := pool.Shutdown(patience)
	if err != nil {
		pool.Kill()
		err = pool.Shutdown(context.WithoutCancel(ctx))
	}
	return err
}
