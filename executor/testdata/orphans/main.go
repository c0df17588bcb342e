// Command orphans keeps workers busy until it is killed. It prints its workers'
// pids, and those of the workers of a pool that a worker has made itself.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var (
	getpid = executor.RegisterNoArg("getpid", func(context.Context) (int, error) { return os.Getpid(), nil })

	spin = executor.RegisterAction("spin", func(context.Context) error {
		for { //nolint:revive // busy on purpose
		}
	})

	nest = executor.RegisterNoArg("nest", func(ctx context.Context) ([]int, error) {
		pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1})
		if err != nil {
			return nil, err
		}
		f, err := executor.Submit(ctx, pool, getpid.Bind())
		if err != nil {
			return nil, err
		}
		pid, err := f.Await(ctx)
		if err != nil {
			return nil, err
		}
		_, err = executor.Submit(context.Background(), pool, spin.Bind())
		return []int{os.Getpid(), pid}, err
	})
)

func main() {
	executor.Main()
	if err := run(context.Background()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 2})
	if err != nil {
		return err
	}
	f, err := executor.Submit(ctx, pool, nest.Bind())
	if err != nil {
		return err
	}
	pids, err := f.Await(ctx)
	if err != nil {
		return err
	}
	for range 2 {
		if _, err := executor.Submit(ctx, pool, spin.Bind()); err != nil {
			return err
		}
	}
	for _, pid := range pids {
		fmt.Println(pid)
	}
	fmt.Println("busy")
	select {}
}
