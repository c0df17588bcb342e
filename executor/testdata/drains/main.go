// Command drains finishes what it has begun when it gets a signal that ends other
// programs. The call that it runs returns when the file exists that its argument
// names.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var (
	work = executor.Register("work", func(_ context.Context, gate string) (string, error) {
		for {
			if _, err := os.Stat(gate); err == nil {
				return "finished", nil
			}
			<-time.After(time.Millisecond)
		}
	})

	// ignored returns the signals that a process ignores which a worker started.
	ignored = executor.RegisterNoArg("ignored", func(context.Context) (string, error) {
		out, err := exec.Command("cat", "/proc/self/status").Output()
		for line := range strings.Lines(string(out)) {
			if rest, ok := strings.CutPrefix(line, "SigIgn:"); ok {
				return strings.TrimSpace(rest), err
			}
		}
		return "", err
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
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1})
	if err != nil {
		return err
	}
	first, err := executor.Submit(ctx, pool, ignored.Bind())
	if err != nil {
		return err
	}
	mask, err := first.Await(ctx)
	if err != nil {
		return err
	}
	fmt.Println("ignored", mask)
	f, err := executor.Submit(ctx, pool, work.Bind(os.Args[1]))
	if err != nil {
		return err
	}
	for len(pool.Running()) == 0 {
		<-time.After(time.Millisecond)
	}
	fmt.Println("running")
	fmt.Println("got", <-got)
	result, err := f.Await(ctx)
	fmt.Println(result, err)
	return pool.Shutdown(ctx)
}
