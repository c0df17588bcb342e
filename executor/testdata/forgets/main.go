// Command forgets makes a process pool without calling executor.Main, in one of
// several ways. Each process that gets to main writes a line to the file that is
// named by GENERATIONS.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var work = executor.RegisterAction("work", func(context.Context) error { return nil })

func main() {
	f, err := os.OpenFile(os.Getenv("GENERATIONS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(f, os.Getpid())
	_ = f.Close()

	cfg := executor.ProcessConfig{Workers: 2}
	switch os.Args[1] {
	case "never": // Main is not called at all
	case "flags": // flags are parsed first
		flag.Parse()
		executor.Main()
	case "late": // a worker gets to NewProcessPool first
		if os.Getenv("LATE") == "" {
			executor.Main()
			cfg.Env = []string{"LATE=1"}
		}
	case "exits": // a worker ends before it gets to Main
		if os.Getenv("EXITS") != "" {
			os.Exit(7)
		}
		executor.Main()
		cfg.Env = []string{"EXITS=1"}
	case "hangs": // a worker never gets to Main
		if os.Getenv("HANGS") != "" {
			select {}
		}
		executor.Main()
		cfg.Env = []string{"HANGS=1"}
		cfg.StartTimeout = 200 * time.Millisecond
	}
	pool, err := executor.NewProcessPool(cfg)
	if err != nil {
		fmt.Println("error:", err)
		return
	}
	ctx := context.Background()
	future, err := executor.Submit(ctx, pool, work.Bind())
	if err == nil {
		_, err = future.Await(ctx)
	}
	fmt.Println("error:", err)
	_ = pool.Shutdown(ctx)
}
