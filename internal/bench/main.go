// Command bench measures asyncgo by the rows of the Python programs in baseline/, beside
// them, other Go modules and the limits.
//
//	go -C internal/bench run . compare   # all of it; writes docs/reference/benchmarks.md and its pictures
//	go -C internal/bench run . report    # writes these again from the numbers of the last compare
//	go -C internal/bench run . agree A B # in which rows the results.json of several runs differ
//	go -C internal/bench run . merge A B # writes the page of several runs as if they were one
//	go -C internal/bench run . check     # whether a ratio is twice as bad as it was then
//
// Its parts print a JSON line a row:
//
//	go -C internal/bench run . loop      # the event loop
//	go -C internal/bench run . threads   # a thread pool without a loop
//	go -C internal/bench run . pool      # process pools and shared memory
//	go -C internal/bench run . scale     # what grows with workers, calls, tasks, bytes and pools
//	go -C internal/bench run . plain     # what bare Go costs where there is something to compare
//	go -C internal/bench run . limits    # what no library could leave out
//
// It is a module of its own, so that what only benchmarks need stays out of the
// library's go.mod.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

func main() {
	executor.Main()
	if asLimitChild() {
		return
	}
	var (
		opts    measure.Options
		pythons []string
	)
	opts.Flags(flag.CommandLine)
	flag.Func("python", "compare: an `interpreter` to try before others; may be given several times", func(s string) error {
		pythons = append(pythons, s)
		return nil
	})
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: bench compare | report | agree FILE… | merge FILE… | check | loop | threads | pool | scale | plain | limits [options]")
		flag.PrintDefaults()
	}
	flag.Parse()
	what := flag.Arg(0)
	if flag.NArg() > 1 { // options may stand behind the word as well
		_ = flag.CommandLine.Parse(flag.Args()[1:])
	}
	if err := run(context.Background(), what, opts, pythons); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, what string, opts measure.Options, pythons []string) error {
	switch what {
	case "compare":
		return compare(ctx, opts, pythons, os.Stdout)
	case "report":
		return republish()
	case "agree":
		return agree(flag.Args(), os.Stdout)
	case "merge":
		return merge(flag.Args())
	case "check":
		return check(ctx, opts, os.Stdout)
	case "scale":
		return benchScale(ctx, opts, measure.Print)
	case "loop":
		return benchLoop(ctx, opts, measure.Print)
	case "pool":
		return benchPool(ctx, opts, measure.Print)
	case "plain":
		return benchPlain(ctx, opts, measure.Print)
	case "threads":
		return benchThreads(ctx, opts, measure.Print)
	case "limits":
		return benchLimits(ctx, opts, measure.Print)
	default:
		flag.Usage()
		return errors.New("say what to measure")
	}
}

// us is the peer of every row of this library.
const us = "asyncgo"
