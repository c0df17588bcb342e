// Command wordcount counts the words of all text files below a directory:
// MapReduce on worker processes. main.py is the Python original.
//
//	go run ./examples/wordcount $(go env GOROOT)/src
//
// Partitions of the files are counted in worker processes and merged here as
// they complete. Meanwhile the workers add up the bytes that they have done in a
// counter in shared memory, from which the loop draws a progress bar. Ctrl-C stops
// all of it, a second Ctrl-C at once.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func main() {
	executor.Main() // in a worker process this runs calls and does not return

	workers := flag.Int("workers", runtime.NumCPU(), "how many worker processes")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: wordcount [-workers N] DIR")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}

	err := wordcount(context.Background(), flag.Arg(0), *workers, os.Stdout, newProgress(os.Stderr))
	switch {
	case err == nil:
	case errors.Is(err, loop.ErrInterrupted):
		fmt.Fprintln(os.Stderr, "wordcount: interrupted")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "wordcount:", err)
		os.Exit(1)
	}
}

// wordcount counts the files below dir and writes the report to out.
func wordcount(ctx context.Context, dir string, workers int, out io.Writer, show progress) error {
	start := time.Now()
	total, err := loop.Run(ctx, func(ctx context.Context) (tally, error) {
		// Walking blocks, so it does not belong on the loop.
		found, err := loop.ToThread(ctx, func(ctx context.Context) (scan, error) { return walk(ctx, dir) }).Await(ctx)
		if err != nil {
			return tally{}, err
		}
		total, err := count(ctx, found.files, workers, show)
		total.Unreadable = append(found.unreadable, total.Unreadable...)
		return total, err
	})
	if err != nil {
		return err
	}
	for _, complaint := range total.Unreadable {
		fmt.Fprintln(os.Stderr, "wordcount:", complaint)
	}
	return report(out, total, workers, time.Since(start))
}
