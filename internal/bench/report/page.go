package report

import (
	"fmt"
	"io"
	"strings"
)

// Page writes the page of the documentation.
func (rs *Results) Page(out io.Writer, catalog []Section) {
	fmt.Fprint(out, pageHead)
	fmt.Fprintf(out, "%s, %d CPUs, %s, %s, commit %s, medians of %s; the load of the machine was %s before it began.\n",
		rs.Machine, rs.CPUs, rs.System, rs.Go, rs.Commit, rs.rounds(), Number(rs.Load))
	for _, m := range rs.Missing {
		fmt.Fprintf(out, "Missing: %s.\n", m)
	}
	met, judged := rs.Met(catalog)
	fmt.Fprintf(out, "\nOf the %d rows with a target, %d meet it.\n\n![Summary](../img/bench-summary.svg)\n", judged, met)
	for _, s := range catalog {
		fmt.Fprintf(out, "\n## %s\n\n", s.Title)
		rs.Table(out, s)
		if file, ok := pictureOf[s.Title]; ok {
			fmt.Fprintf(out, "\n![%s](../img/bench-%s.svg)\n", s.Title, file)
		}
	}
	fmt.Fprint(out, "\n## How it grows\n\n")
	for _, p := range plots {
		fmt.Fprintf(out, "![%s](../img/bench-%s.svg)\n\n", p.title, p.file)
	}
	fmt.Fprint(out, "## What the rows measure\n\n| Row | One operation |\n| --- | --- |\n")
	for _, s := range catalog {
		for _, m := range s.Metrics {
			fmt.Fprintf(out, "| %s | %s |\n", m.Name, m.What)
		}
	}
	fmt.Fprint(out, pageFoot)
}

// Met counts the rows that meet all their targets, and those that have any.
func (rs *Results) Met(catalog []Section) (met, judged int) {
	for _, s := range catalog {
		for _, m := range s.Metrics {
			_, known, ok := rs.Verdicts(m)
			if known {
				judged++
			}
			if ok {
				met++
			}
		}
	}
	return met, judged
}

var pictureOf = map[string]string{
	"The event loop": "loop",
	"Pools of two goroutines, without a loop": "threads",
	"Process pools and shared memory":         "processes",
}

var pageHead = strings.ReplaceAll(`# Benchmarks

<!-- Written by the command below; the words are in internal/bench/report/page.go. -->

To get these numbers on a machine of yours, run this in a clone:

'''sh
go -C internal/bench run . compare
'''

It runs this library, the limits, other Go modules and Python in turn, each in a process of its own, several times, and writes this
page, its pictures and the raw numbers, 'internal/bench/results.json'. A row of one program is the best of its three rounds, which
in Go last a tenth of a second at least, and the tables have the median of the rounds of compare: "±" is half of what lies between the tenth and the ninetieth percentile, and a row
with more than 30 % says "wide!". What is not installed is left out: '-python' names interpreters to try first, one of which has uvloop
and one loky. '-rounds' and '-rows' change how often and what, 'merge' makes one page of several runs, and 'loop', 'pool', 'threads', 'plain',
'limits' or 'scale' in place of 'compare' prints one part as JSON lines. [How it came to these numbers](../explanation/performance.md) is a page of its own.

The **limit** of a row is what no library could leave out: the bare switch of 'iter.Pull', the hand-over through a channel, the futex
with which one process wakes another, a ring in shared memory, a copy in memory, fork and exec of the same program up to its main
function. It has no errors, no cancellation and no end. Columns count in limits: 3× takes three times as long. A bold target is missed.

## The last run

`, "'", "`")

var pageFoot = strings.ReplaceAll(`
The column 'go' is what a Go programmer would write without this library: a bare coroutine for 'task_switch_1', 'runtime.Gosched' in
a hundred goroutines for 'task_switch_100', goroutines and a WaitGroup for 'create_task_gather' and 'executor_gather', a channel
for 'future_await', 'queue_put_get' and 'executor_sequential', 'time.AfterFunc' for the timers, a mutex for 'lock_contended',
a goroutine for each end of a connection for 'stream_echo'. The column 'goja' is the event loop of goja_nodejs, driven from Go.

'cpu_speedup' and 'makespan' are bounded by the machine: with two CPUs, and other work on them, nothing gets to 2. The limit of
'makespan' is four threads that take the same naps from a list; if they woke on time it would be 1.02, for the last long one has no company. 'compare' has the
kernel wake the threads of all programs on time (timer slack 1 ns): its usual 50 µs are a twentieth of the short naps.
Arguments and results of many megabytes are copied; a 'shared.Array' costs the same at any size.
`, "'", "`")
