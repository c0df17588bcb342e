// Command bench measures asyncgo by the rows of the Python programs in baseline/
// and compares the two.
//
//	go -C internal/bench run . loop      # the event loop, one JSON line a row
//	go -C internal/bench run . pool      # process pools and shared memory
//	go -C internal/bench run . compare   # both, with the Python baselines beside them, as a table
//
// It is a module of its own, so that what only benchmarks need stays out of the
// library's go.mod.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

const peer = "asyncgo"

func main() {
	executor.Main()
	rounds := flag.Int("rounds", 3, "rounds of the whole comparison; the table shows medians")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: bench [-rounds N] loop | pool | compare")
	}
	flag.Parse()
	if err := run(flag.Arg(0), *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(what string, rounds int) error {
	switch what {
	case "loop":
		return benchLoop(printRow)
	case "pool":
		return benchPool(printRow)
	case "compare":
		return compare(rounds, os.Stdout)
	default:
		flag.Usage()
		return errors.New("say what to measure")
	}
}

// A row is one measurement, in the form that the Python programs print.
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
