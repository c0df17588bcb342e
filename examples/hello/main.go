// Command hello is the shortest whole program: one call in another process, of
// one variable in shared memory. main.py is the original.
package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// region program
var increment = executor.Register("increment", func(_ context.Context, counter *shared.Value[float64]) (float64, error) {
	return counter.Update(func(v float64) float64 { return v + 1 })
})

func main() {
	executor.Main() // a worker process goes no further
	fmt.Println(loop.Run(context.Background(), func(ctx context.Context) (float64, error) {
		counter, err := shared.NewValue(0.0)
		pool, poolErr := executor.NewProcessPool(executor.ProcessConfig{Workers: 4})
		if err := errors.Join(err, poolErr); err != nil {
			return 0, err
		}
		defer pool.Shutdown(ctx)
		return loop.RunInExecutor(ctx, pool, increment.Bind(counter)).Await(ctx)
	})) // prints: 1 <nil>
}

// endregion program
