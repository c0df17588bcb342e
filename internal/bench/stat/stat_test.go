package stat_test

import (
	"math"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/stat"
)

func TestMedianAndQuantile(t *testing.T) {
	for _, c := range []struct {
		values []float64
		q      float64
		want   float64
	}{
		{[]float64{3, 1, 2}, 0.5, 2},
		{[]float64{4, 1, 2, 3}, 0.5, 2.5},
		{[]float64{7}, 0.9, 7},
		{[]float64{0, 10}, 0.9, 9},
		{[]float64{1, 2, 3}, 0, 1},
		{[]float64{1, 2, 3}, 1, 3},
		{[]float64{1, 2, 3}, 7, 3},
	} {
		if got := stat.Quantile(c.values, c.q); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("Quantile(%v, %v) = %v, want %v", c.values, c.q, got, c.want)
		}
	}
	if got := stat.Median(nil); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v", got)
	}
	values := []float64{3, 1, 2}
	stat.Median(values)
	if values[0] != 3 {
		t.Error("Median sorted the values of its caller")
	}
}

func TestSpread(t *testing.T) {
	if got := stat.Spread([]float64{100}); got != 0 {
		t.Errorf("the spread of one value is %v", got)
	}
	if got := stat.Spread([]float64{0, 0}); got != 0 {
		t.Errorf("the spread of nothing but zeros is %v", got)
	}
	// From 90 to 110 in even steps the percentiles are 92 and 108.
	if got := stat.Spread([]float64{90, 95, 100, 105, 110}); math.Abs(got-0.08) > 1e-9 {
		t.Errorf("the spread is %v, want 0.08", got)
	}
	if got := stat.Spread([]float64{1, 1, 1, 1, 1}); got != 0 {
		t.Errorf("the spread of equal values is %v", got)
	}
}
