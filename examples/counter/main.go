// Command counter is the first program to port: worker processes share one
// counter, which the initializer hands to each of them. main.py is the original.
//
//	go run ./examples/counter                          # prints 1
//	go run ./examples/counter -workers 4 -calls 40000  # prints 40000
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// region worker
var sharedCounter *shared.Value[float64] // every worker process has its own handle of the one counter

var initCounter = executor.RegisterNoResult("init", func(_ context.Context, counter *shared.Value[float64]) error {
	sharedCounter = counter
	return nil
})

var increment = executor.RegisterNoArg("increment", func(context.Context) (int, error) {
	_, err := sharedCounter.Update(func(v float64) float64 { return v + 1 })
	return os.Getpid(), err
})

// endregion worker

func main() {
	executor.Main() // in a worker process this runs calls and does not return

	workers := flag.Int("workers", 4, "how many worker processes")
	calls := flag.Int("calls", 1, "how many times to increment")
	flag.Parse()

	_, err := loop.Run(context.Background(), func(ctx context.Context) (executor.None, error) {
		return executor.None{}, count(ctx, *workers, *calls)
	})
	if err != nil {
		log.Fatal(err)
	}
}

// region count
func count(ctx context.Context, workers, calls int) error {
	counter, err := shared.NewValue(0.0)
	if err != nil {
		return err
	}
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: workers, Initializer: initCounter.Bind(counter)})
	if err != nil {
		return err
	}
	defer pool.Shutdown(ctx)

	futures := make([]*future.Future[int], calls)
	for i := range futures {
		futures[i] = loop.RunInExecutor(ctx, pool, increment.Bind())
	}
	pids, err := future.Gather(futures...).Await(ctx)
	if err != nil {
		return err
	}
	report(pids)
	fmt.Println(counter.Load())
	return nil
}

// endregion count

// report says which workers took part, on stderr, where it is not in the way.
func report(pids []int) {
	calls := map[int]int{}
	for _, pid := range pids {
		calls[pid]++
	}
	for _, pid := range slices.Sorted(maps.Keys(calls)) {
		fmt.Fprintf(os.Stderr, "worker %d: %d calls\n", pid, calls[pid])
	}
}
