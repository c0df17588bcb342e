package report

import (
	"cmp"
	"slices"
)

// near is how far apart the medians of a row may be that agree in any case.
const near = 1.1

// A Difference is a row of this library of which two runs measured something else.
type Difference struct {
	Row         string
	A, B        int // which runs, counted from 1
	InA, InB    Series
	TimesLarger float64 // one median over the other, above 1
}

// Disagree returns the rows of which two runs have nothing in common: every round of one
// is below every round of the other, and the medians are more than a tenth apart. It
// also returns how many rows there are.
func Disagree(runs []*Results) (found []Difference, rows int) {
	for _, s := range runs[0].Series {
		if s.Peer != Us || s.X != 0 {
			continue
		}
		rows++
		worst := Difference{Row: s.Row, TimesLarger: near}
		for a := range runs {
			for b := range a {
				inA, ok := runs[a].Find(s.Row, Us)
				inB, both := runs[b].Find(s.Row, Us)
				if !ok || !both || overlap(inA.Values, inB.Values) {
					continue
				}
				x, y := inA.Median(), inB.Median()
				if times := max(x, y) / min(x, y); times > worst.TimesLarger {
					worst = Difference{s.Row, a + 1, b + 1, inA, inB, times}
				}
			}
		}
		if worst.A != 0 {
			found = append(found, worst)
		}
	}
	slices.SortStableFunc(found, func(a, b Difference) int { return cmp.Compare(b.TimesLarger, a.TimesLarger) })
	return found, rows
}

func overlap(a, b []float64) bool {
	return slices.Max(a) >= slices.Min(b) && slices.Max(b) >= slices.Min(a)
}
