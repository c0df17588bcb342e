package report

import (
	"cmp"
	"slices"
)

// near is how far apart the medians of a row may be that agree in any case.
const near = 1.1

// A Difference is a row of this library of which one run measured something else than all
// the others.
type Difference struct {
	Row         string
	Run         int // counted from 1
	In, Others  Series
	TimesLarger float64 // one median over the other, above 1
}

// Disagree returns the rows in which a run stands apart: every round of it is below every round of
// all the others, or above, and its median more than a tenth away from theirs. It also
// returns how many rows there are.
func Disagree(runs []*Results) (found []Difference, rows int) {
	for _, s := range runs[0].Series {
		if s.Peer != Us || s.X != 0 {
			continue
		}
		rows++
		worst := Difference{Row: s.Row, TimesLarger: near}
		for i := range runs {
			in, ok := runs[i].Find(s.Row, Us)
			others, there := Merge(slices.Delete(slices.Clone(runs), i, i+1)).Find(s.Row, Us)
			if !ok || !there || overlap(in.Values, others.Values) {
				continue
			}
			x, y := in.Median(), others.Median()
			if times := max(x, y) / min(x, y); times > worst.TimesLarger {
				worst = Difference{s.Row, i + 1, in, others, times}
			}
		}
		if worst.Run != 0 {
			found = append(found, worst)
		}
	}
	slices.SortStableFunc(found, func(a, b Difference) int { return cmp.Compare(b.TimesLarger, a.TimesLarger) })
	return found, rows
}

func overlap(a, b []float64) bool {
	return slices.Max(a) >= slices.Min(b) && slices.Max(b) >= slices.Min(a)
}

// Merge returns the results of several runs as if they were one with all their rounds: the
// spread of a row is then that between the runs, too. What the runs are of is said as
// the last one says it.
func Merge(runs []*Results) *Results {
	all := *runs[len(runs)-1]
	all.Rounds, all.Runs, all.Series = 0, 0, nil
	for _, rs := range runs {
		all.Rounds += rs.Rounds
		all.Runs += max(rs.Runs, 1)
		all.Load = max(all.Load, rs.Load)
		for _, s := range rs.Series {
			all.add(s)
		}
	}
	return &all
}

// add takes in the values of a series.
func (rs *Results) add(s Series) {
	for i := range rs.Series {
		if t := &rs.Series[i]; t.Row == s.Row && t.Peer == s.Peer && t.X == s.X {
			t.Values = slices.Concat(t.Values, s.Values)
			return
		}
	}
	rs.Series = append(rs.Series, s)
}
