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
	idle  atomic.Pointer[func()]
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

// Idle says that the last call is over and that there is no other yet.
func Idle() {
	if idle.Load() == nil {
		return
	}
	if fn := idle.Swap(nil); fn != nil {
		BeginCall() // a number that no call has
		(*fn)()
	}
}

// WhenIdle makes fn run once when the process has no call to run.
func WhenIdle(fn func()) { idle.Store(&fn) }

// Call returns the number of the call that runs, 0 if none does.
func Call() uint64 { return call.Load() }

// AfterCall makes fn run once when the next call begins.
func AfterCall(fn func()) { after.Store(&fn) }
