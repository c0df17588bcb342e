package report

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/svg"
)

// summaryRows are the rows of the picture for the README, one or two of every kind.
var summaryRows = []string{
	"call_soon_chain", "task_switch_100", "create_task_gather", "future_await", "executor_sequential",
	"thread_submit_await", "thread_burst_10k", "call_sequential", "call_pipelined", "argument_16MiB",
	"start_to_first_result", "kill_worker_to_next_result", "shared_value_locked_add",
}

// Pictures writes every picture into a folder.
func (rs *Results) Pictures(folder string, catalog []Section) error {
	var all []Metric
	for _, s := range catalog {
		all = append(all, s.Metrics...)
	}
	var summary []Metric
	for _, name := range summaryRows {
		if i := slices.IndexFunc(all, func(m Metric) bool { return m.Name == name }); i >= 0 {
			summary = append(summary, all[i])
		}
	}
	files := map[string]string{
		"bench-summary.svg":   rs.bars("asyncgo beside its peers", summary, true).String(),
		"bench-loop.svg":      rs.bars(catalog[0].Title, catalog[0].Metrics, false).String(),
		"bench-threads.svg":   rs.bars(catalog[1].Title, catalog[1].Metrics, false).String(),
		"bench-processes.svg": rs.bars(catalog[2].Title, catalog[2].Metrics, false).String(),
	}
	for _, p := range plots {
		files["bench-"+p.file+".svg"] = rs.plot(p).String()
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// bars draws what each peer takes as a multiple of the limit. With best, of several peers of
// one language the fastest stands for all.
func (rs *Results) bars(title string, metrics []Metric, best bool) svg.Bars {
	b := svg.Bars{
		Title: title, Format: Times,
		Note: "Time as a multiple of the bare operation (the limit) that it cannot do without; shorter is better; logarithmic.",
	}
	for _, m := range metrics {
		limit, ok := rs.Find(m.Name, Limit)
		if !ok {
			continue
		}
		g := svg.Group{Label: m.Name}
		fastest := map[int]int{} // the bar of a color
		for _, p := range rs.Peers([]string{m.Name}) {
			if p == Limit {
				continue
			}
			s, _ := rs.Find(m.Name, p)
			bar := svg.Bar{Label: p, Value: worse(m, s.Median(), limit.Median()), Color: color(p)}
			at, seen := fastest[bar.Color]
			if !best || !seen {
				fastest[bar.Color] = len(g.Bars)
				g.Bars = append(g.Bars, bar)
			} else if bar.Value < g.Bars[at].Value {
				g.Bars[at] = bar
			}
		}
		order := func(b svg.Bar) int { return slices.Index([]int{0, 2, 1}, b.Color) } // ours, Go, Python
		slices.SortStableFunc(g.Bars, func(a, b svg.Bar) int { return order(a) - order(b) })
		b.Groups = append(b.Groups, g)
	}
	return b
}

// color tells us, other Go and Python apart.
func color(peer string) int {
	switch {
	case peer == Us:
		return 0
	case isPython(peer):
		return 1
	default:
		return 2
	}
}
