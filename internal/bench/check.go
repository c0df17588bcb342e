package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/report"
)

// checked are the rows whose ratio is held, and what each is compared with in the same
// run: only what is measured on every machine, and quickly. Rows of several processes are
// not among them: whether two processes have a CPU each at the same moment is up to what
// else runs, and makes a factor of twenty.
var checked = []ratio{
	{"call_soon_chain", limit},
	{"call_soon_threadsafe_1", limit},
	{"task_switch_100", limit},
	{"create_task_gather", limit},
	{"future_await", limit},
	{"timer_fire", limit},
	{"queue_put_get", limit},
	{"executor_sequential", limit},
	{"executor_gather", limit},
	{threadOneRow, limit},
	{threadBurstRow, limit},
}

type ratio struct{ row, peer string }

// slip is how many times worse than in the last compare a ratio may be.
const slip = 2

// attempts is how often a ratio may be measured: a busy machine spoils some, and a change of
// the code spoils all.
const attempts = 10

// check measures ratios within this run and returns an error if one of them is more than
// twice what it was in the last compare.
func check(ctx context.Context, opts measure.Options, out io.Writer) error {
	then, err := report.Load(resultsFile)
	if err != nil {
		return err
	}
	metrics := make(map[string]report.Metric)
	for _, s := range catalog(then) {
		for _, m := range s.Metrics {
			metrics[m.Name] = m
		}
	}
	open := slices.DeleteFunc(slices.Clone(checked), func(c ratio) bool { return !opts.Wants(c.row) })
	var lines []string
	for range attempts {
		var names []string
		for _, c := range open {
			names = append(names, c.row)
		}
		now, err := measureOnce(ctx, opts, names)
		if err != nil {
			return err
		}
		left := open[:0:0]
		lines = nil
		for _, c := range open {
			was, known := then.Ratio(metrics[c.row], c.peer)
			is, measured := now.Ratio(metrics[c.row], c.peer)
			switch {
			case !known || !measured:
				fmt.Fprintf(out, "%s: not measured here or in the last compare\n", c.row)
			case is > slip*was:
				left = append(left, c)
				lines = append(lines, fmt.Sprintf("%s: %s of %s, which is more than twice the %s of the last compare", c.row, report.Times(is), c.peer, report.Times(was)))
			default:
				fmt.Fprintf(out, "%s: %s of %s; it was %s\n", c.row, report.Times(is), c.peer, report.Times(was))
			}
		}
		if open = left; len(open) == 0 {
			return nil
		}
	}
	return errors.New("slower than it was:\n" + strings.Join(lines, "\n"))
}

// measureOnce measures the named rows of this library, of plain Go and of the limits.
func measureOnce(ctx context.Context, opts measure.Options, names []string) (*report.Results, error) {
	opts.Rounds = 3
	opts.Only = regexp.MustCompile("^(" + strings.Join(names, "|") + ")$")
	rs := new(report.Results)
	for _, part := range []func(context.Context, measure.Options, measure.Emitter) error{
		benchLoop, benchThreads, benchPool, benchPlain, benchLimits,
	} {
		if err := part(ctx, opts, rs.Add); err != nil {
			return nil, err
		}
	}
	return rs, nil
}
