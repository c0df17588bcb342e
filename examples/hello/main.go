// Command hello is the shortest whole program with a pool: worker processes that
// share one counter, which the initializer hands to each of them. main.py is the
// original.
package main

import (
	"context"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

var counter *shared.Value[float64] // each worker process has its own handle of the one counter

var initWorker = executor.RegisterNoResult("init", func(_ context.Context, c *shared.Value[float64]) error {
	counter = c
	return nil
})

var increment = executor.RegisterNoArg("increment", func(context.Context) (float64, error) {
	return counter.Update(func(v float64) float64 { return v + 1 })
})

func main() { loop.Main(run) } // a worker process runs calls here, and does not reach run

func run(ctx context.Context) error {
	value, err := shared.NewValue(0.0)
	if err != nil {
		return err
	}
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 4, Initializer: initWorker.Bind(value)})
	if err != nil {
		return err
	}
	defer pool.Shutdown(ctx)
	result, err := loop.RunInExecutor(ctx, pool, increment.Bind()).Await(ctx)
	fmt.Println(result)
	return err
}
