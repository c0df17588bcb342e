//go:build !asyncgo_polling

package shm

import (
	"math"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const hasSysWait = true

// Not the private ones: the waiter and the waker are two processes.
const (
	umtxWaitUint = 11
	umtxWake     = 3
)

func sysWait(word *atomic.Uint32, value uint32, d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.Syscall6(unix.SYS__UMTX_OP, uintptr(unsafe.Pointer(word)), umtxWaitUint, uintptr(value), unsafe.Sizeof(ts), uintptr(unsafe.Pointer(&ts)), 0)
}

func sysWake(word *atomic.Uint32, n int) int {
	_, _, _ = unix.Syscall6(unix.SYS__UMTX_OP, uintptr(unsafe.Pointer(word)), umtxWake, uintptr(min(n, math.MaxInt32)), 0, 0, 0)
	return 0
}
