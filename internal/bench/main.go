// Command bench measures asyncgo by the rows of the Python programs in baseline/
// and compares the two.
//
//	go -C internal/bench run . loop      # the event loop, one JSON line a row
//	go -C internal/bench run . pool      # process pools and shared memory
//	go -C internal/bench run . plain     # what bare Go costs where there is something to compare
//	go -C internal/bench run . compare   # all of it, with the Python baselines beside it, as a table
//
// It is a module of its own, so that what only benchmarks need stays out of the
// library's go.mod.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

func main() {
	executor.Main()
	var opts options
	flag.IntVar(&opts.rounds, "rounds", 3, "loop, pool, plain: the best of so many rounds; compare: the median of so many runs")
	flag.Func("rows", "measure only the rows that match this regular `expression`", func(s string) (err error) {
		opts.only, err = regexp.Compile(s)
		return err
	})
	flag.BoolVar(&opts.quick, "quick", false, "do a hundredth of the work, to see whether everything runs; the numbers mean nothing")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: bench loop | pool | plain | compare [options]")
		flag.PrintDefaults()
	}
	flag.Parse()
	what := flag.Arg(0)
	if flag.NArg() > 1 { // options may stand behind the word as well
		_ = flag.CommandLine.Parse(flag.Args()[1:])
	}
	if err := run(context.Background(), what, opts); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// Options say what is measured and how long.
type options struct {
	rounds int
	only   *regexp.Regexp // nil means every row
	quick  bool
}

func (o options) wants(row string) bool { return o.only == nil || o.only.MatchString(row) }

// scaled returns how many operations to do instead of n, in units of 1000 so
// that rows which work in batches of that size have some.
func (o options) scaled(n int) int {
	if o.quick {
		return max(n/100, 1000)
	}
	return n
}

// times returns how many rounds to do.
func (o options) times() int {
	if o.quick {
		return 1
	}
	return max(o.rounds, 1)
}

func run(ctx context.Context, what string, opts options) error {
	switch what {
	case "loop":
		return benchLoop(ctx, opts, printRow)
	case "pool":
		return benchPool(ctx, opts, printRow)
	case "plain":
		return benchPlain(ctx, opts, printRow)
	case "compare":
		return compare(ctx, opts, os.Stdout)
	default:
		flag.Usage()
		return errors.New("say what to measure")
	}
}

// A row is one measurement, in the form that the Python programs print.
// Rows of the loop have the time of an operation, those of pools a value and its
// unit.
type row struct {
	Row     string  `json:"row"`
	NsPerOp float64 `json:"ns_per_op,omitempty"`
	N       int     `json:"n,omitempty"`
	Value   float64 `json:"value,omitempty"`
	Unit    string  `json:"unit,omitempty"`
	Peer    string  `json:"peer"`
}

// An emitter takes the rows as they are measured.
type emitter func(row)

func printRow(r row) {
	line, err := json.Marshal(r)
	if err != nil {
		panic(err) // a row holds nothing that cannot be encoded
	}
	fmt.Println(string(line))
}
