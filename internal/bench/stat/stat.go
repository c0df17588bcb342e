// Package stat has the few statistics that tables of measurements need.
package stat

import (
	"math"
	"slices"
)

// Median returns the middle of values, which it does not change, and NaN of none.
func Median(values []float64) float64 { return Quantile(values, 0.5) }

// Quantile returns the value below which the share q of the values lies; between
// two values it interpolates. It does not change values, and is NaN of none.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := min(max(q, 0), 1) * float64(len(sorted)-1)
	low := int(at)
	if low == len(sorted)-1 {
		return sorted[low]
	}
	part := at - float64(low)
	return sorted[low]*(1-part) + sorted[low+1]*part
}

// Spread returns how far the values lie apart: half of what is between the tenth and the
// ninetieth percentile, over the median. 0.1 reads "±10 %". It is 0 of one value
// and of none.
func Spread(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	middle := Median(values)
	if middle == 0 {
		return 0
	}
	return math.Abs((Quantile(values, 0.9) - Quantile(values, 0.1)) / 2 / middle)
}
