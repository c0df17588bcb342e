// Command commands runs command lines, several at a time, shows what they print while
// they run, and ends those that take too long together with all that they have started.
// main.py is the original.
//
//	go run ./examples/commands 'echo one' 'sleep 1; echo two' 'exit 3'
//	go run ./examples/commands -jobs 2 -timeout 1s 'sleep 100 & sleep 100' 'echo fine'
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/subprocess"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

var (
	jobs    = flag.Int("jobs", 4, "how many commands run at a time")
	timeout = flag.Duration("timeout", time.Minute, "how long each of them may take")
	grace   = flag.Duration("grace", time.Second, "how long one that is asked to end may take for that")
)

// region command
// command runs one line and returns how that ended.
func command(ctx context.Context, limit *syncs.Semaphore, n int, line string) (outcome string, err error) {
	if err := limit.Acquire(ctx); err != nil {
		return "", err
	}
	defer limit.Release()
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	opts := subprocess.Options{Stdin: subprocess.DevNull, Stdout: subprocess.Pipe, Stderr: subprocess.Stdout, Grace: *grace}
	p, err := subprocess.Shell(ctx, opts, line) // the end of this ctx ends its whole group
	if err != nil {
		return "", err
	}
	toTheEnd := context.WithoutCancel(ctx) // what has been asked to end may still say something
	for line, err := range p.Stdout.Lines(toTheEnd) {
		if err != nil {
			return "", err
		}
		fmt.Printf("%d> %s", n, line)
	}
	code, err := p.Wait(toTheEnd)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "took too long", err
	case code != 0:
		return fmt.Sprint("code ", code), errors.Join(err, ctx.Err())
	}
	return "ok", err
}

// endregion command

func main() {
	flag.Parse()
	loop.Main(run)
}

func run(ctx context.Context) error {
	limit := syncs.NewSemaphore(*jobs)
	commands := make([]*loop.Task[string], flag.NArg())
	for i, line := range flag.Args() {
		commands[i] = loop.CreateTask(ctx, func(ctx context.Context) (string, error) { return command(ctx, limit, i+1, line) })
	}
	outcomes, err := future.Gather(commands...).Await(ctx)
	if err != nil {
		return err
	}
	for i, outcome := range outcomes {
		fmt.Printf("%d: %s: %s\n", i+1, flag.Arg(i), outcome)
		if outcome != "ok" {
			err = errors.New("some commands have failed")
		}
	}
	return err
}
