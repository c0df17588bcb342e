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
	preciseTimers()
	left := syscall.NsecToTimespec(int64(seconds * float64(time.Second)))
	for errors.Is(syscall.Nanosleep(&left, &left), syscall.EINTR) {
		continue // a signal: sleep the rest
	}
}

// preciseTimers asks the kernel to wake this thread, and those and the processes
// that it starts, on time. It may be 50 µs late otherwise, a twentieth of the
// shortest nap, which is no pool's doing.
func preciseTimers() {
	const prSetTimerSlack, nanosecond = 29, 1
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerSlack, nanosecond, 0)
}
