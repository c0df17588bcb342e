//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd || windows

package proc

import (
	"math"
	"time"
)

// A moment travels to a worker as a time of the system's monotonic clock, in
// nanoseconds: the two processes have the same, also when the wall
// clock is set, and it does not end in the year 2262.

// A moment is on the clock of package time and on the monotonic one.
type moment struct {
	at   time.Time
	mono int64
}

var origin = readClocks()

func readClocks() (m moment) {
	// The best of some readings: the process may lose its processor in between.
	best := time.Duration(math.MaxInt64)
	for range 4 {
		before := time.Now()
		mono := monotonic()
		if took := time.Since(before); took < best {
			best, m.at, m.mono = took, before, mono
		}
	}
	return m
}

// Monotonic returns the time now.
func Monotonic() int64 { return origin.mono + int64(time.Since(origin.at)) }

// MonotonicOf returns t as a time of the monotonic clock: at least 1, and MaxInt64
// for what is further away than that, some 292 years.
func MonotonicOf(t time.Time) int64 {
	now := time.Now()
	return After(origin.mono+int64(now.Sub(origin.at)), t.Sub(now))
}

// After returns the time d after mono, within the bounds of MonotonicOf.
func After(mono int64, d time.Duration) int64 {
	if int64(d) > math.MaxInt64-mono {
		return math.MaxInt64
	}
	return max(1, mono+int64(d))
}

// TimeOf is the inverse of MonotonicOf.
func TimeOf(mono int64) time.Time { return origin.at.Add(time.Duration(mono - origin.mono)) }
