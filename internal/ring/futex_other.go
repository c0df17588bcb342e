//go:build !linux

package ring

import (
	"sync/atomic"
	"time"
)

// Without a futex the waiting side looks every so often. Nothing outside of this
// package's tests runs it: pools of processes need Linux for now.
const pollEvery = 50 * time.Microsecond

func futexWait(word *atomic.Uint32, val uint32, timeout time.Duration) {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for waited := time.Duration(0); word.Load() == val && (timeout <= 0 || waited < timeout); waited += pollEvery {
		<-poll.C
	}
}

func futexWake(*atomic.Uint32) {}
