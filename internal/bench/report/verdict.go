package report

import (
	"fmt"
	"strings"
)

// A Verdict says what a target comes to in numbers, and whether it is met.
type Verdict struct {
	Text  string
	Known bool // what it is compared with was measured, and the row itself
	Met   bool
}

// Judge compares our median with one target.
func (rs *Results) Judge(m Metric, t Target) Verdict {
	ours, ok := rs.Find(m.Name, Us)
	bound, found := t.Factor, true
	word := "≤"
	if m.Higher {
		word = "≥"
	}
	var text string
	if t.Peer == "" {
		text = fmt.Sprintf("%s %s", word, Value(t.Factor, ours.Unit))
	} else {
		row := t.Row
		if row == "" {
			row = m.Name
		}
		var theirs Series
		theirs, found = rs.Find(row, t.Peer)
		bound *= theirs.Median()
		what := t.Peer
		if t.Row != "" {
			what = t.Row
		}
		switch {
		case t.Factor == 1:
			text = fmt.Sprintf("%s %s", word, what)
		case t.Factor < 1 && !m.Higher:
			text = fmt.Sprintf("%s %s/%s", word, what, Number(1/t.Factor))
		default:
			text = fmt.Sprintf("%s %s %s", word, Times(t.Factor), what)
		}
	}
	v := Verdict{Text: text, Known: ok && found}
	v.Met = v.Known && (m.Higher && ours.Median() >= bound || !m.Higher && ours.Median() <= bound)
	return v
}

// Verdicts judges every target of a row that has something to compare with, as the text
// of one cell, and reports whether all of them are met.
func (rs *Results) Verdicts(m Metric) (text string, known, met bool) {
	var texts []string
	met = true
	for _, t := range m.Targets {
		v := rs.Judge(m, t)
		if !v.Known {
			continue
		}
		known = true
		if !v.Met {
			met = false
			v.Text = "**" + v.Text + "**"
		}
		texts = append(texts, v.Text)
	}
	return strings.Join(texts, ", "), known, known && met
}

// Ratio returns how our median stands to a peer's: above 1 we are slower, whatever the unit.
func (rs *Results) Ratio(m Metric, peer string) (float64, bool) {
	ours, ok := rs.Find(m.Name, Us)
	theirs, found := rs.Find(m.Name, peer)
	if !ok || !found || ours.Median() <= 0 || theirs.Median() <= 0 {
		return 0, false
	}
	return worse(m, ours.Median(), theirs.Median()), true
}

// worse returns how many times worse v is than base.
func worse(m Metric, v, base float64) float64 {
	if m.Higher {
		return base / v
	}
	return v / base
}
