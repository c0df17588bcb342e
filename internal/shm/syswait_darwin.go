//go:build !asyncgo_polling

package shm

import (
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls below libc++'s atomic wait and, since macOS 14.4, below
// os_sync_wait_on_address. They are there since 10.12.
const hasSysWait = true

const (
	compareAndWaitShared = 3
	wakeAll              = 0x100
	noErrno              = 0x01000000
)

func sysWait(word *atomic.Uint32, value uint32, d time.Duration) {
	us := max(d.Microseconds(), 1) // 0 is no timeout
	_, _, _ = syscall.Syscall6(unix.SYS_ULOCK_WAIT, compareAndWaitShared|noErrno, uintptr(unsafe.Pointer(word)), uintptr(value), uintptr(us), 0, 0)
}

// sysWake wakes one, or all: there is nothing in between.
func sysWake(word *atomic.Uint32, n int) int {
	op := uintptr(compareAndWaitShared | noErrno)
	if n > 1 {
		op |= wakeAll
	}
	_, _, _ = syscall.Syscall(unix.SYS_ULOCK_WAKE, op, uintptr(unsafe.Pointer(word)), 0)
	return 0
}
