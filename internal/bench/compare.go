package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/report"
)

// Where compare leaves what it found, seen from the folder of this module.
const (
	resultsFile = "results.json"
	pageFile    = "../../docs/reference/benchmarks.md"
	imgFolder   = "../../docs/img"
)

// scaleRounds is how often the scale rows are measured at most: they take long, and a
// line of many points shows by itself whether one of them was disturbed.
const scaleRounds = 3

// compare runs this library, the limits and all peers in turn, several times, and writes
// the page of the documentation, its pictures and the numbers; without some of the
// rows it prints the tables instead.
//
// Each program runs in a process of its own, one after the other, so that they do
// not disturb each other; the rounds are interleaved, so that a busy spell of the
// machine disturbs all of them.
func compare(ctx context.Context, opts measure.Options, pythons []string, out io.Writer) error {
	load := loadAverage()
	programs, missing, clean, err := programs(ctx, opts, pythons)
	if err != nil {
		return err
	}
	defer clean()
	rs := &report.Results{
		Machine: machine(), CPUs: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
		Commit: commit(ctx), Rounds: opts.Times(), Load: load, Missing: missing,
	}
	for round := range opts.Times() {
		for _, p := range programs {
			if p.rounds > 0 && round >= p.rounds {
				continue
			}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, opts.Times(), p.name)
			rows, err := p.rows(ctx)
			if err != nil {
				rs.Missing = append(rs.Missing, fmt.Sprintf("%s: round %d: %v", p.name, round+1, err))
			}
			for _, r := range rows {
				if opts.Wants(r.Row) {
					rs.Add(r)
				}
			}
		}
	}
	if opts.Quick || opts.Only != nil {
		tables(rs, out)
		return nil
	}
	if err := rs.Save(resultsFile); err != nil {
		return err
	}
	return publish(rs)
}

func tables(rs *report.Results, out io.Writer) {
	fmt.Fprintf(out, "%s, %d CPUs, %s, %s, commit %s, medians of %d rounds, load %s.\n",
		rs.Machine, rs.CPUs, rs.System, rs.Go, rs.Commit, rs.Rounds, report.Number(rs.Load))
	for _, s := range catalog(rs) {
		fmt.Fprintf(out, "\n%s\n\n", s.Title)
		rs.Table(out, s)
	}
	for _, m := range rs.Missing {
		fmt.Fprintf(out, "\nMissing: %s.\n", m)
	}
}

func catalog(rs *report.Results) []report.Section { return report.Catalog(strconv.Itoa(rs.CPUs)) }

// publish writes the page and the pictures.
func publish(rs *report.Results) (err error) {
	if err := rs.Pictures(imgFolder, catalog(rs)); err != nil {
		return err
	}
	f, err := os.Create(pageFile)
	if err != nil {
		return err
	}
	rs.Page(f, catalog(rs))
	return f.Close()
}

// republish writes both again from the numbers of the last compare.
func republish() error {
	rs, err := report.Load(resultsFile)
	if err != nil {
		return err
	}
	return publish(rs)
}

// wantsAny reports whether any row of the given sections of the catalog is wanted.
func wantsAny(opts measure.Options, sections ...int) bool {
	all := report.Catalog(strconv.Itoa(runtime.NumCPU()))
	return slices.ContainsFunc(sections, func(i int) bool {
		return slices.ContainsFunc(all[i].Metrics, func(m report.Metric) bool { return opts.Wants(m.Name) })
	})
}
