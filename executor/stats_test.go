package executor_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// fill sets each number below v to what next returns.
func fill(v reflect.Value, next func() int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), next)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), next)
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(next()))
	case reflect.Uint64:
		v.SetUint(uint64(next()))
	default: // the name
	}
}

// A number that is new in Stats and missing in Add fails here.
func TestStatsAddAddsEachNumber(t *testing.T) {
	n := 0
	count := func() int { n++; return n }
	var a, b, sum executor.Stats
	fill(reflect.ValueOf(&a).Elem(), count)
	n = 0
	fill(reflect.ValueOf(&b).Elem(), func() int { return 1000 * count() })
	n = 0
	fill(reflect.ValueOf(&sum).Elem(), func() int { return 1001 * count() })
	a.Name, b.Name, sum.Name = "a", "b", "a"
	a.Add(&b)
	require.Equal(t, sum, a)
}
