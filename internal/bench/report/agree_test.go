package report

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func runOf(rows map[string][]float64) *Results {
	rs := new(Results)
	for row, values := range rows {
		rs.Series = append(rs.Series, Series{Row: row, Peer: Us, Unit: "ns", Values: values})
	}
	return rs
}

func TestRunsDisagreeWhereTheirRoundsHaveNothingInCommon(t *testing.T) {
	runs := []*Results{
		runOf(map[string][]float64{"same": {10, 11, 12}, "near": {100, 101, 102}, "far": {10, 11, 12}, "wide": {10, 50, 90}}),
		runOf(map[string][]float64{"same": {12, 13, 20}, "near": {105, 106, 107}, "far": {11, 12, 13}, "wide": {60, 70, 80}}),
		runOf(map[string][]float64{"same": {12, 12, 12}, "near": {103, 103, 104}, "far": {24, 25, 26}, "wide": {70, 70, 70}}),
	}
	found, rows := Disagree(runs)
	require.Equal(t, 4, rows)
	require.Len(t, found, 1)
	require.Equal(t, "far", found[0].Row)
	require.Equal(t, []int{3, 1}, []int{found[0].A, found[0].B}, "the two that are farthest apart")
	require.InDelta(t, 25.0/11, found[0].TimesLarger, 0.01)
}
