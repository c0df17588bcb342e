// Command early has a package that makes shared memory before the program knows that it
// is a worker. It prints what the parent adds to the worker's value, and the worker to
// the parent's.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/testdata/early/held"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// both adds one to the parent's value and returns the worker's own.
var both = executor.Register("early.both", func(_ context.Context, v *shared.Value[int64]) (*shared.Value[int64], error) {
	if held.Err != nil {
		return nil, held.Err
	}
	_, err := v.Update(func(n int64) int64 { return n + 1 })
	return held.Value, err
})

func main() {
	executor.Main()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctx := context.Background()
	if held.Err != nil {
		return held.Err
	}
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1})
	if err != nil {
		return err
	}
	defer pool.Kill()
	f, err := executor.Submit(ctx, pool, both.Bind(held.Value))
	if err != nil {
		return err
	}
	theirs, err := f.Await(ctx)
	if err != nil {
		return err
	}
	n, err := theirs.Update(func(n int64) int64 { return n + 2 })
	if err != nil {
		return err
	}
	fmt.Println(held.Value.Load(), n)
	return pool.Shutdown(ctx)
}
