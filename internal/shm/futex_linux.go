//go:build !asyncgo_portable

package shm

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	futexWaitOp = 0
	futexWakeOp = 1
)

// FutexWait blocks while *word is value, until the word is woken or d has
// passed. It may return early for no reason at all, so callers loop.
func FutexWait(word *atomic.Uint32, value uint32, d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWaitOp,
		uintptr(value), uintptr(unsafe.Pointer(&ts)), 0, 0)
}

// FutexWake wakes up to n threads, of whatever process, that wait on word. It
// returns how many there were.
func FutexWake(word *atomic.Uint32, n int) int {
	// Not a blocking call, so the scheduler need not hear of it.
	woken, _, errno := unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWakeOp,
		uintptr(n), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(woken)
}
