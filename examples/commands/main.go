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

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/subprocess"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

var (
	jobs    = flag.Int("jobs", 4, "how many commands run at a time")
	timeout = flag.Duration("timeout", time.Minute, "how long each of them may take")
	grace   = flag.Duration("grace", time.Second, "how long one that is asked to end may take for that")
)

func main() {
	flag.Parse()
	loop.Main(run)
}

var errFailed = errors.New("some commands have failed")

func run(ctx context.Context) error {
	limit := syncs.NewSemaphore(*jobs)
	lines := flag.Args()
	numbers := make([]int, len(lines))
	for i := range numbers {
		numbers[i] = i
	}
	outcomes, err := loop.Each(ctx, numbers, func(ctx context.Context, i int) (outcome string, err error) {
		err = syncs.With(ctx, limit, func() error {
			outcome, err = command(ctx, i+1, lines[i])
			return err
		})
		return outcome, err
	})
	if err != nil {
		return err
	}
	for i, outcome := range outcomes {
		fmt.Printf("%d: %s: %s\n", i+1, lines[i], outcome)
		if outcome != "ok" {
			err = errFailed
		}
	}
	return err
}

// region command
// command runs one line and returns how that ended.
func command(ctx context.Context, n int, line string) (outcome string, err error) {
	var p *subprocess.Process
	err = loop.Timeout(ctx, *timeout, func(ctx context.Context) error {
		opts := subprocess.Options{Stdin: subprocess.DevNull, Stdout: subprocess.Pipe, Stderr: subprocess.Stdout, Grace: *grace}
		p, err = subprocess.Shell(ctx, opts, line) // the end of this ctx ends its whole group
		if err != nil {
			return err
		}
		return show(ctx, n, p)
	})
	if p == nil {
		return "", err
	}
	// What has been asked to end may still say something, and then it is gone.
	if showErr := show(context.WithoutCancel(ctx), n, p); showErr != nil {
		return "", showErr
	}
	code, waitErr := p.Wait(context.WithoutCancel(ctx))
	switch {
	case errors.Is(err, loop.ErrTimeout):
		return "took too long", nil
	case err != nil || waitErr != nil:
		return "", errors.Join(err, waitErr)
	case code != 0:
		return fmt.Sprint("code ", code), nil
	}
	return "ok", nil
}

// endregion command

// show prints what a command prints, line by line, up to its end.
func show(ctx context.Context, n int, p *subprocess.Process) error {
	for line, err := range p.Stdout.Lines(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("%d> %s", n, line)
	}
	return nil
}
