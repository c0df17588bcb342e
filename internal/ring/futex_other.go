//go:build !linux || asyncgo_portable

package ring

import (
	"sync/atomic"
	"time"
)

// Without a futex and without a bell the waiting side looks every so often. Nothing
// outside of tests does that: see Bell.
const pollEvery = 50 * time.Microsecond

func futexWait(word *atomic.Uint32, val uint32, timeout time.Duration) {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for waited := time.Duration(0); word.Load() == val && (timeout <= 0 || waited < timeout); waited += pollEvery {
		<-poll.C
	}
}

func futexWake(*atomic.Uint32) {}
