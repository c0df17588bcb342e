package report

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func runOf(rows map[string][]float64) *Results {
	rs := &Results{Rounds: 3}
	for row, values := range rows {
		rs.Series = append(rs.Series, Series{Row: row, Peer: Us, Unit: "ns", Values: values})
	}
	return rs
}

func TestARunDisagreesThatStandsApartFromAllOthers(t *testing.T) {
	runs := []*Results{
		runOf(map[string][]float64{"same": {10, 11, 12}, "near": {100, 101, 102}, "far": {10, 11, 12}, "between": {10, 11, 12}}),
		runOf(map[string][]float64{"same": {12, 13, 20}, "near": {105, 106, 107}, "far": {11, 12, 13}, "between": {30, 31, 32}}),
		runOf(map[string][]float64{"same": {12, 12, 12}, "near": {109, 110, 110}, "far": {24, 25, 26}, "between": {12, 30, 31}}),
	}
	found, rows := Disagree(runs)
	require.Equal(t, 4, rows)
	require.Len(t, found, 1)
	require.Equal(t, "far", found[0].Row)
	require.Equal(t, 3, found[0].Run)
	require.InDelta(t, 25.0/11.5, found[0].TimesLarger, 0.01)
}

func TestMergedRunsHaveAllTheirRounds(t *testing.T) {
	a, b := runOf(map[string][]float64{"row": {1, 2}}), runOf(map[string][]float64{"row": {3}, "other": {4}})
	a.Commit, b.Commit = "older", "newer"
	all := Merge([]*Results{a, b})
	require.Equal(t, 6, all.Rounds)
	require.Equal(t, 2, all.Runs)
	require.Equal(t, "newer", all.Commit)
	row, ok := all.Find("row", Us)
	require.True(t, ok)
	require.Equal(t, []float64{1, 2, 3}, row.Values)
	first, _ := a.Find("row", Us)
	require.Equal(t, []float64{1, 2}, first.Values, "what is merged stays as it was")
	other, ok := all.Find("other", Us)
	require.True(t, ok)
	require.Equal(t, []float64{4}, other.Values)
}
