package report

import (
	"math"
	"strconv"
	"strings"
)

// significant rounds v to so many digits.
func significant(v float64, digits int) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	scale := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// Number writes v with three significant digits, and all digits before the point.
func Number(v float64) string {
	if math.Abs(v) >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(significant(v, 3), 'f', -1, 64)
}

// Value writes v in the unit in which it is easiest to read.
func Value(v float64, unit string) string {
	switch {
	case unit == "ratio":
		return Number(v)
	case unit == "ns" && v >= 1e6:
		return Number(v/1e6) + " ms"
	case unit == "ns" && v >= 1e3:
		return Number(v/1e3) + " µs"
	case strings.HasSuffix(unit, "/s") && v >= 1e6:
		return Number(v/1e6) + " M " + unit
	case strings.HasSuffix(unit, "/s") && v >= 1e4:
		return Number(v/1e3) + " k " + unit
	case unit == "B" && v >= 1<<20:
		return Number(v/(1<<20)) + " MiB"
	case unit == "B" && v >= 10<<10:
		return Number(v/(1<<10)) + " KiB"
	default:
		return Number(v) + " " + unit
	}
}

// Times writes a multiple, with two significant digits.
func Times(v float64) string { return strconv.FormatFloat(significant(v, 2), 'f', -1, 64) + "×" }
