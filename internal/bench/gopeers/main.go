// Command gopeers measures what other Go modules do for the same work, row by row
// under the names that asyncgo's own rows have. It is a program of its own so that
// what these modules do at the start of a program does not slow down ours.
//
//	go -C internal/bench run ./gopeers threads   # pools of goroutines
//	go -C internal/bench run ./gopeers loop      # another event loop, and errgroup
//	go -C internal/bench run ./gopeers plugin    # calls of another process
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

func main() {
	if servedAsPlugin() {
		return
	}
	var opts measure.Options
	opts.Flags(flag.CommandLine)
	flag.Parse()
	what := flag.Arg(0)
	if flag.NArg() > 1 { // options may stand behind the word as well
		_ = flag.CommandLine.Parse(flag.Args()[1:])
	}
	if err := run(context.Background(), what, opts, measure.Print); err != nil {
		fmt.Fprintln(os.Stderr, "gopeers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, what string, opts measure.Options, emit measure.Emitter) error {
	switch what {
	case "threads":
		return benchThreads(ctx, opts, emit)
	case "loop":
		return benchLoop(ctx, opts, emit)
	case "plugin":
		return benchPlugin(ctx, opts, emit)
	default:
		return errors.New("say what to measure: threads, loop or plugin")
	}
}
