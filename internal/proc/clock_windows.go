package proc

import (
	"math/bits"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	kernel32       = windows.NewLazySystemDLL("kernel32.dll")
	queryCounter   = kernel32.NewProc("QueryPerformanceCounter")
	queryFrequency = kernel32.NewProc("QueryPerformanceFrequency")
)

// frequency is how often the counter ticks in a second.
var frequency = func() uint64 {
	var n uint64
	_, _, _ = queryFrequency.Call(uintptr(unsafe.Pointer(&n)))
	return max(n, 1) // it does not fail
}()

// monotonic reads the system's monotonic clock, in nanoseconds.
func monotonic() int64 {
	var ticks uint64
	_, _, _ = queryCounter.Call(uintptr(unsafe.Pointer(&ticks)))
	hi, lo := bits.Mul64(ticks, 1e9)
	ns, _ := bits.Div64(hi%frequency, lo, frequency)
	return int64(ns)
}
