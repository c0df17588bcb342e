package main

import (
	"bytes"
	"context"
	"os"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// What the worker processes run; the functions of pool_baseline.py.
var (
	same = executor.Register("same", func(_ context.Context, x int) (int, error) { return x, nil })
	size = executor.Register("size", func(_ context.Context, b []byte) (int, error) { return len(b), nil })
	// kept is what blob returns, so that its rows measure the way of a result and not its
	// making; a worker runs one call at a time.
	kept []byte
	blob = executor.Register("blob", func(_ context.Context, n int) ([]byte, error) {
		if len(kept) != n {
			kept = bytes.Repeat([]byte("x"), n)
		}
		return kept, nil
	})
	nap = executor.RegisterNoResult("nap", func(_ context.Context, seconds float64) error {
		sleep(seconds)
		return nil
	})
	pidAfter = executor.Register("pid_after", func(_ context.Context, seconds float64) (int, error) {
		sleep(seconds)
		return os.Getpid(), nil
	})
	countPrimes = executor.Register("count_primes", func(_ context.Context, limit int) (int, error) {
		return primesBelow(limit), nil
	})

	counter     *shared.Value[float64]
	initCounter = executor.RegisterNoResult("init_counter", func(_ context.Context, value *shared.Value[float64]) error {
		counter = value
		return nil
	})
	addLocked = executor.RegisterNoResult("add_locked", func(_ context.Context, times int) error {
		for range times {
			if _, err := counter.Update(func(v float64) float64 { return v + 1 }); err != nil {
				return err
			}
		}
		return nil
	})
)

func primesBelow(limit int) (found int) {
	for n := 2; n < limit; n++ {
		prime := true
		for d := 2; d*d <= n && prime; d++ {
			prime = n%d != 0
		}
		if prime {
			found++
		}
	}
	return found
}
