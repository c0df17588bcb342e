package report

import (
	"fmt"
	"io"
	"strings"
)

// wide is the spread from which on a row says so.
const wide = 0.3

// Table writes a section as Markdown: our median with its spread, the target and whether it
// is met, the limit, and every column as a multiple of the limit.
func (rs *Results) Table(out io.Writer, s Section) {
	var names []string
	for _, m := range s.Metrics {
		names = append(names, m.Name)
	}
	peers := rs.Peers(names)
	head := []string{"row", Us, "target (**missed**)", "met", Limit, Us + " ×limit"}
	for _, p := range peers {
		if p != Us && p != Limit {
			head = append(head, p)
		}
	}
	lines := [][]string{head}
	for _, m := range s.Metrics {
		ours, ok := rs.Find(m.Name, Us)
		if !ok {
			continue
		}
		lines = append(lines, rs.line(m, ours, peers))
	}
	if len(lines) > 1 {
		markdown(out, lines)
	}
}

func (rs *Results) line(m Metric, ours Series, peers []string) []string {
	text, known, met := rs.Verdicts(m)
	answer := ""
	switch {
	case known && met:
		answer = "yes"
	case known:
		answer = "no"
	}
	limit, bounded := rs.Find(m.Name, Limit)
	cells := []string{m.Name, withSpread(ours), text, answer, "–", ""}
	if bounded {
		cells[4] = Value(limit.Median(), limit.Unit)
		cells[5] = Times(worse(m, ours.Median(), limit.Median()))
	}
	for _, p := range peers {
		if p == Us || p == Limit {
			continue
		}
		theirs, ok := rs.Find(m.Name, p)
		switch {
		case !ok:
			cells = append(cells, "–")
		case bounded:
			cells = append(cells, Times(worse(m, theirs.Median(), limit.Median()))+" ("+Value(theirs.Median(), theirs.Unit)+")")
		default:
			cells = append(cells, Value(theirs.Median(), theirs.Unit))
		}
	}
	return cells
}

// withSpread writes a median and how far the rounds lie apart, and warns of a wide one.
func withSpread(s Series) string {
	text := Value(s.Median(), s.Unit)
	if len(s.Values) < 2 {
		return text
	}
	text += fmt.Sprintf(" ±%.0f %%", 100*s.Spread())
	if s.Spread() > wide {
		text += " wide!"
	}
	return text
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
