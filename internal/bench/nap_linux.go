package main

import (
	"errors"
	"syscall"
	"time"
)

// sleep is the system call that Python's time.sleep makes, so that the rows which
// nap compare pools. Go's own timers may be a tenth of a millisecond late, for
// they share one wait with the network.
func sleep(seconds float64) {
	left := syscall.NsecToTimespec(int64(seconds * float64(time.Second)))
	for errors.Is(syscall.Nanosleep(&left, &left), syscall.EINTR) {
		continue // a signal: sleep the rest
	}
}
