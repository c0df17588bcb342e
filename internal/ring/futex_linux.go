//go:build !asyncgo_portable

package ring

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	opWait = 0 // FUTEX_WAIT, not private: the waiter and the waker are two processes
	opWake = 1 // FUTEX_WAKE
)

// futexWait sleeps while *word is val, until it is woken or the timeout has
// passed. It may return early for no reason.
func futexWait(word *atomic.Uint32, val uint32, timeout time.Duration) {
	var ts *unix.Timespec
	if timeout > 0 {
		t := unix.NsecToTimespec(timeout.Nanoseconds())
		ts = &t
	}
	// Syscall6 rather than RawSyscall6: the scheduler must know that this
	// thread may be away for long and take its P for other goroutines.
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), opWait, uintptr(val), uintptr(unsafe.Pointer(ts)), 0, 0)
}

// futexWake wakes the one waiter. It never blocks, so the scheduler need not
// know.
func futexWake(word *atomic.Uint32) {
	_, _, _ = unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), opWake, 1, 0, 0, 0)
}
