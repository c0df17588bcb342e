// Command starts has workers that do what its second argument says while they
// start, before any package of asyncgo is initialized; see package aaa.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	_ "github.com/seed-1b9fde7b/asyncgo/executor/testdata/starts/aaa"
)

var work = executor.RegisterAction("work", func(context.Context) error { return nil })

func main() {
	executor.Main()
	if os.Getenv("START") != "" {
		fmt.Println("a worker runs main") // and would start workers that do
		os.Exit(1)
	}
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func newPool(mode string) (*executor.ProcessPool, error) {
	return executor.NewProcessPool(executor.ProcessConfig{Workers: 2, Env: []string{"START=" + mode}})
}

func run(ctx context.Context, what, mode string) error {
	ended, end := context.WithCancel(ctx)
	end()
	switch what {
	case "kill", "shutdown": // pools in every phase of the start of their workers
		for _, after := range []time.Duration{0, 200 * time.Microsecond, time.Millisecond, 50 * time.Millisecond} {
			pool, err := newPool(mode)
			if err != nil {
				return err
			}
			_ = pool.Ready(ended) // begins
			<-time.After(after)
			begin := time.Now()
			if what == "kill" {
				pool.Kill()
			}
			within, cancel := context.WithTimeout(ctx, 10*time.Second)
			err = pool.Shutdown(within)
			cancel()
			fmt.Println(err, time.Since(begin) < 2*time.Second)
		}
	case "wait": // until somebody ends this process
		pool, err := newPool(mode)
		if err != nil {
			return err
		}
		_ = pool.Ready(ended)
		fmt.Println("starting")
		select {}
	case "call":
		pool, err := newPool(mode)
		if err != nil {
			return err
		}
		f, err := executor.Submit(ctx, pool, work.Bind())
		if err != nil {
			return err
		}
		_, err = f.Await(ctx)
		fmt.Println(err)
		return pool.Shutdown(ctx)
	}
	return nil
}
