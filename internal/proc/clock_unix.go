//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import "golang.org/x/sys/unix"

// monotonic reads the system's monotonic clock, in nanoseconds.
func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(clockMonotonic, &ts); err != nil {
		panic("proc: CLOCK_MONOTONIC: " + err.Error()) // every system has it
	}
	return ts.Nano()
}
