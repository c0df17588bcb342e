package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// results are the measured values by row and peer, one a round.
type results map[string]map[string][]row

func (rs results) add(r row) {
	if r.Unit == "" {
		r.Value, r.Unit = r.NsPerOp, "ns"
	}
	if rs[r.Row] == nil {
		rs[r.Row] = make(map[string][]row)
	}
	rs[r.Row][r.Peer] = append(rs[r.Row][r.Peer], r)
}

// us is the first column of every table.
const us = "asyncgo"

// table writes the given rows, as Markdown: our median, and each peer's with how
// many times better ours is.
func (rs results) table(out io.Writer, title string, names []string) {
	found := map[string]bool{}
	for _, name := range names {
		for peer := range rs[name] {
			found[peer] = true
		}
	}
	if len(found) == 0 {
		return
	}
	delete(found, us)
	peers := slices.Sorted(maps.Keys(found))
	cells := []string{title, us}
	for _, p := range peers {
		cells = append(cells, p, "ratio")
	}
	lines := [][]string{cells}
	for _, name := range names {
		if len(rs[name]) == 0 {
			continue
		}
		ours, unit, ok := median(rs[name][us])
		cells := []string{name, value(ours, unit, ok)}
		for _, p := range peers {
			theirs, unit, there := median(rs[name][p])
			ratio := ""
			if ok && there && ours > 0 && theirs > 0 {
				ratio = times(better(name, unit, ours, theirs))
			}
			cells = append(cells, value(theirs, unit, there), ratio)
		}
		lines = append(lines, cells)
	}
	fmt.Fprintln(out)
	markdown(out, lines)
}

// better returns how many times better ours is than theirs.
func better(name, unit string, ours, theirs float64) float64 {
	if strings.HasSuffix(unit, "/s") || strings.HasPrefix(name, "cpu_speedup") {
		return ours / theirs
	}
	return theirs / ours
}

func median(rows []row) (v float64, unit string, ok bool) {
	if len(rows) == 0 {
		return 0, "", false
	}
	values := make([]float64, len(rows))
	for i, r := range rows {
		values[i] = r.Value
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2, rows[0].Unit, true
	}
	return values[middle], rows[0].Unit, true
}

func value(v float64, unit string, ok bool) string {
	switch {
	case !ok:
		return "–"
	case unit == "ratio":
		return digits(v)
	default:
		return digits(v) + " " + unit
	}
}

func times(ratio float64) string { return digits(ratio) + "×" }

// digits writes v with three significant digits, and all digits before the point.
func digits(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// markdown writes the first line as the head of a table, columns aligned.
func markdown(out io.Writer, lines [][]string) {
	widths := make([]int, len(lines[0]))
	for _, cells := range lines {
		for i, c := range cells {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	for n, cells := range lines {
		var b strings.Builder
		for i, c := range cells {
			pad := strings.Repeat(" ", widths[i]-len([]rune(c)))
			if i == 0 {
				b.WriteString("| " + c + pad + " ")
			} else {
				b.WriteString("| " + pad + c + " ")
			}
		}
		fmt.Fprintln(out, b.String()+"|")
		if n == 0 {
			fmt.Fprintln(out, "| --- "+strings.Repeat("| ---: ", len(cells)-1)+"|")
		}
	}
}
