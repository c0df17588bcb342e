// Command primes finds the first primes from a number on, with worker processes that
// take blocks of numbers from a shared counter until there are enough. main.py is the
// original.
//
//	go run ./examples/primes [-workers N] [-from N] [-count N]
//
// How far to go is not known before. A worker takes the next block by adding to the
// counter, notes how many primes it has found in another, and sets an event when these
// are enough: then each worker finishes its block and goes home. All blocks before the
// last one are done then, so the primes are the first ones, whatever worker was faster.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

const block = 1000

// region worker
type search struct {
	Worker, Count int64
	Next, Found   *shared.Value[int64]
	Enough        *shared.Event
}

type finds struct {
	Worker, Blocks int64
	Primes         []int64
}

var find = executor.Register("find", func(_ context.Context, s search) (finds, error) {
	f := finds{Worker: s.Worker}
	for ; !s.Enough.IsSet(); f.Blocks++ {
		end := s.Next.Add(block)
		before := len(f.Primes)
		for n := end - block; n < end; n++ {
			if isPrime(n) {
				f.Primes = append(f.Primes, n)
			}
		}
		if s.Found.Add(int64(len(f.Primes)-before)) >= s.Count {
			s.Enough.Set()
		}
	}
	return f, nil
})

// endregion worker

func isPrime(n int64) bool {
	for d := int64(2); d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return n > 1
}

func main() { loop.Main(run) }

func run(ctx context.Context) error {
	workers := flag.Int("workers", 4, "how many worker processes")
	from := flag.Int64("from", 1_000_000_000, "the number to start with")
	count := flag.Int64("count", 1000, "how many primes")
	flag.Parse()
	next, err := shared.NewValue(*from)
	if err != nil {
		return err
	}
	found, err := shared.NewValue(int64(0))
	if err != nil {
		return err
	}
	enough, err := shared.NewEvent()
	if err != nil {
		return err
	}
	return executor.WithProcessPool(ctx, executor.ProcessConfig{Workers: *workers}, func(pool *executor.ProcessPool) error {
		calls := make([]*future.Future[finds], *workers)
		for i := range calls {
			calls[i] = loop.RunInExecutor(ctx, pool, find.Bind(search{int64(i), *count, next, found, enough}))
		}
		var primes []int64
		for call, err := range future.AsCompleted(ctx, calls, 0) {
			if err != nil {
				return err
			}
			f, err := call.Result()
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "worker %d: %d primes in %d blocks\n", f.Worker, len(f.Primes), f.Blocks)
			primes = append(primes, f.Primes...)
		}
		slices.Sort(primes)
		for _, p := range primes[:*count] {
			fmt.Println(p)
		}
		return nil
	})
}
