package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
)

// compare runs this library, bare Go and the Python baselines in turn, several
// times, and writes tables of the medians.
//
// Each program runs in a process of its own, one after the other, so that they do
// not disturb each other; the rounds are interleaved, so that a busy spell of the
// machine disturbs all of them.
func compare(ctx context.Context, opts options, out io.Writer) error {
	programs, err := ours(opts)
	if err != nil {
		return err
	}
	found, missing := peers(ctx)
	programs = append(programs, found...)
	programs = slices.DeleteFunc(programs, func(p program) bool { return !opts.wantsAny(p.loop) })

	measured := make(results)
	for round := range opts.times() {
		for _, p := range programs {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, opts.times(), p.name)
			rows, err := p.rows(ctx)
			if err != nil {
				missing = append(missing, fmt.Sprintf("%s: round %d: %v", p.name, round+1, err))
			}
			for _, r := range rows {
				if opts.wants(r.Row) {
					measured.add(r)
				}
			}
		}
	}

	fmt.Fprintf(out, "%s, %d CPUs, %s/%s, %s, %s, medians of %d rounds.\n",
		machine(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), commit(ctx), opts.times())
	loopNames, poolNames := names()
	measured.table(out, "The event loop", loopNames)
	measured.table(out, "Process pools and shared memory", poolNames)
	for _, m := range missing {
		fmt.Fprintf(out, "\nMissing: %s.\n", m)
	}
	return nil
}

func names() (loop, pool []string) {
	for _, r := range loopRows {
		loop = append(loop, r.name)
	}
	loop = append(loop, sleepersRows...)
	for _, r := range poolRows {
		pool = append(pool, r.name)
	}
	return loop, pool
}

// wantsAny reports whether any row of the loop, or of the pools, is wanted.
func (o options) wantsAny(loop bool) bool {
	rows, pool := names()
	if !loop {
		rows = pool
	}
	return slices.ContainsFunc(rows, o.wants)
}
