// Command workers has three workers that take jobs from a queue. main.py is the
// original.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
)

func main() { loop.Main(run) }

// region run
func run(ctx context.Context) error {
	jobs := queue.NewQueue[int](10)
	total := 0 // needs no lock: only tasks of this loop use it
	err := loop.WithTaskGroup(ctx, func(ctx context.Context, group *loop.TaskGroup) error {
		for range 3 {
			group.Go(func(ctx context.Context) error { return worker(ctx, jobs, &total) })
		}
		for n := range 100 {
			if err := jobs.Put(ctx, n); err != nil { // waits while ten jobs are in the queue
				return err
			}
		}
		if err := jobs.Join(ctx); err != nil { // every job so far is done
			return err
		}
		fmt.Println("so far:", total)
		if err := jobs.Put(ctx, 1000); err != nil {
			return err
		}
		jobs.Shutdown(false) // the workers do what is left, and return
		return nil
	})
	fmt.Println("in the end:", total)
	return err
}

// endregion run

// region worker
func worker(ctx context.Context, jobs *queue.Queue[int], total *int) error {
	for n, err := range jobs.All(ctx) { // ends after Shutdown, once the queue is empty
		if err != nil {
			return err // canceled while it waited for a job
		}
		result, err := square(ctx, n)
		switch {
		case err == nil:
			*total += result
		case future.IsCanceled(err):
			return err
		default:
			fmt.Println("skipped:", err)
		}
		if err := jobs.TaskDone(); err != nil {
			return err
		}
	}
	return nil
}

// endregion worker

// square stands for work that waits, and that may fail.
func square(ctx context.Context, n int) (int, error) {
	if n == 13 {
		return 0, fmt.Errorf("%d brings bad luck", n)
	}
	return n * n, loop.Sleep(ctx, time.Millisecond)
}
