// Command way makes one call of a process pool that is warm, and writes into the folder
// that is its argument which code of this process ran for it. It is built by the test of
// internal/archtest, for coverage.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/coverage"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var double = executor.Register("way.double", func(_ context.Context, n int) (int, error) { return 2 * n, nil })

func run(dir string) error {
	ctx := context.Background()
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 2})
	if err != nil {
		return err
	}
	call := func(n int) error {
		f, err := executor.Submit(ctx, pool, double.Bind(n))
		if err != nil {
			return err
		}
		_, err = f.Await(ctx)
		return err
	}
	for n := range 100 {
		if err := call(n); err != nil {
			return err
		}
	}
	if err := coverage.ClearCounters(); err != nil {
		return err
	}
	if err := call(1); err != nil {
		return err
	}
	if err := coverage.WriteMetaDir(dir); err != nil {
		return err
	}
	if err := coverage.WriteCountersDir(dir); err != nil {
		return err
	}
	return pool.Shutdown(ctx)
}

func main() {
	executor.Main()
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
