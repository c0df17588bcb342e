package handoff

import "sync/atomic"

// A worker process runs one call after the other, and what a call took of the
// memory of an object must not outlast it: see package shm. The number of the call
// is 0 where there is none: in other processes, and in a worker's initializer, whose
// work is for the whole life of the worker.
var (
	call  atomic.Uint64
	last  uint64 // of the goroutine that runs the calls
	after atomic.Pointer[func()]
)

// BeginCall says that a call begins, and so that the one before it is over.
func BeginCall() {
	last++
	call.Store(last)
	if after.Load() == nil {
		return
	}
	if fn := after.Swap(nil); fn != nil {
		(*fn)()
	}
}

// Call returns the number of the call that runs, 0 if none does.
func Call() uint64 { return call.Load() }

// AfterCall makes fn run once when the next call begins.
func AfterCall(fn func()) { after.Store(&fn) }
