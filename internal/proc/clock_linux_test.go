package proc

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMomentsOfTheMonotonicClock(t *testing.T) {
	now := time.Now()
	for _, d := range []time.Duration{0, time.Second, -time.Minute, 90 * 365 * 24 * time.Hour} {
		back := TimeOf(MonotonicOf(now.Add(d)))
		require.InDelta(t, 0, back.Sub(now.Add(d)), float64(time.Microsecond), d)
	}
	require.InDelta(t, Monotonic(), MonotonicOf(time.Now()), float64(time.Second))

	t.Run("beyond what 64 bits of nanoseconds hold", func(t *testing.T) {
		require.Equal(t, int64(math.MaxInt64), MonotonicOf(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)))
		require.True(t, TimeOf(math.MaxInt64).After(time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)))
		require.EqualValues(t, 1, MonotonicOf(time.Time{}), "long past, and not 0, which stands for none")
		require.Equal(t, int64(math.MaxInt64), After(Monotonic(), math.MaxInt64))
	})
	t.Run("by the wall clock alone", func(t *testing.T) {
		wall := now.Add(time.Hour).Round(0)
		require.InDelta(t, MonotonicOf(now.Add(time.Hour)), MonotonicOf(wall), float64(time.Second))
	})
}
