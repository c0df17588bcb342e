package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/stat"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/svg"
)

// A plot is a picture of how a cost grows.
type plot struct {
	file, title, note, xLabel string
	bytes                     bool // x is a size
	lines                     []plotLine
}

type plotLine struct{ row, peer, label string }

// plots are the pictures of the scale rows.
var plots = []plot{
	{
		file: "workers", title: "1 to 16 workers", note: "Time a call when 10,000 are given at once. The machine's CPUs bound what more workers can do.",
		xLabel: "workers", lines: []plotLine{
			{"scale_workers_threads", Us, "thread pool"}, {"scale_workers_process", Us, "process pool"},
		},
	},
	{
		file: "queued", title: "1 to 1,000,000 queued calls", note: "Time a call when so many are given at once and all results awaited. A flat line is O(1).",
		xLabel: "calls at once", lines: []plotLine{
			{"scale_queued_threads", Us, "thread pool"}, {"scale_queued_loop", Us, "RunInExecutor"}, {"scale_queued_process", Us, "process pool"},
		},
	},
	{
		file: "tasks", title: "1000 to 1,000,000 tasks and timers", note: "Time a task that is created, sleeps and is canceled; a timer that is scheduled and fires among so many.",
		xLabel: "tasks or timers", lines: []plotLine{
			{"scale_tasks", Us, "task"}, {"scale_timers", Us, "timer"},
		},
	},
	{
		file: "arguments", title: "Arguments of 8 B to 64 MiB", note: "Time of one call of a process, awaited; below it a bare copy of as many bytes.",
		xLabel: "size of the argument", bytes: true, lines: []plotLine{
			{"scale_argument", Us, "call"}, {"scale_argument", Limit, "memcpy"},
		},
	},
	{
		file: "latency", title: "A call under load", note: "Calls of 1 ms at random times on four workers; an ideal queue has the same calls and no cost.",
		xLabel: "load in % of what the workers can do", lines: []plotLine{
			{"scale_latency_p50", Us, "p50"},
			{"scale_latency_p99", Us, "p99"},
			{"scale_latency_p999", Us, "p99.9"},
			{"scale_latency_p50", Limit, "p50 ideal"},
			{"scale_latency_p99", Limit, "p99 ideal"},
			{"scale_latency_p999", Limit, "p99.9 ideal"},
		},
	},
	{
		file: "pools", title: "Many process pools at once", note: "Pools of one worker each: time a call when all have work, and time to start a pool and get its first result.",
		xLabel: "pools", lines: []plotLine{
			{"scale_pools", Us, "call"}, {"scale_pools_start", Us, "start"},
		},
	},
}

func (rs *Results) plot(p plot) svg.Lines {
	l := svg.Lines{Title: p.title, Note: p.note, XLabel: p.xLabel, FormatX: short, Format: func(v float64) string { return Value(v, "ns") }}
	if p.bytes {
		l.FormatX = size
	}
	for i, pl := range p.lines {
		line := svg.Line{Label: pl.label, Color: i}
		for _, s := range rs.Line(pl.row, pl.peer) {
			v := s.Median()
			low, high := stat.Quantile(s.Values, 0.1), stat.Quantile(s.Values, 0.9)
			if s.Unit == "ms" {
				v, low, high = v*1e6, low*1e6, high*1e6
			}
			line.Points = append(line.Points, svg.Point{X: s.X, Y: v, Low: low, High: high})
		}
		l.Lines = append(l.Lines, line)
	}
	return l
}

// short writes a count: 1k, 1M.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return Number(v/1e6) + "M"
	case v >= 1e3:
		return Number(v/1e3) + "k"
	default:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
}

// size writes a number of bytes.
func size(v float64) string {
	switch {
	case v >= 1<<20:
		return Number(v/(1<<20)) + " MiB"
	case v >= 1<<10:
		return Number(v/(1<<10)) + " KiB"
	default:
		return Number(v) + " B"
	}
}

// pythons are the beginnings of the names of peers that are Python.
var pythons = []string{"asyncio", uvloop, "ProcessPoolExecutor", "ThreadPoolExecutor", "loky"}

func isPython(peer string) bool {
	return slices.ContainsFunc(pythons, func(p string) bool { return strings.HasPrefix(peer, p) })
}
