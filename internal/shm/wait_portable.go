//go:build asyncgo_portable || darwin || dragonfly || freebsd || netbsd || openbsd || windows

package shm

import (
	"runtime"
	"sync/atomic"
	"time"
)

// FutexWait blocks while *word is value, until the word is woken or d has
// passed. It may return early for no reason at all, so callers loop.
func FutexWait(word *atomic.Uint32, value uint32, d time.Duration) {
	if hasSysWait {
		sysWait(word, value, d)
	} else {
		poll(word, value, d)
	}
}

// FutexWake wakes up to n threads, of whatever process, that wait on word. It
// returns how many there were, as far as the system tells.
func FutexWake(word *atomic.Uint32, n int) int {
	if hasSysWait {
		return sysWake(word, n)
	}
	woken.Add(1)
	return 0
}

// woken changes when this process wakes others: then its own sleepers look, because
// not every wake-up comes with a change of the word.
var woken atomic.Uint32

// Polling looks all the time at first, and then every so often: the pause is a part
// of the time that the wait has taken, so that it is never much longer than it needs
// to be, and a long wait costs a thousand looks a second.
const (
	pollSpin  = 100 * time.Microsecond
	pollFirst = 20 * time.Microsecond
	pollPart  = 8
	pollLast  = time.Millisecond
)

// poll is what is left where the system has no wait for a word that processes share.
func poll(word *atomic.Uint32, value uint32, d time.Duration) {
	seen := woken.Load()
	for begin := time.Now(); word.Load() == value && woken.Load() == seen; {
		waited := time.Since(begin)
		if waited >= d {
			return
		}
		if waited < pollSpin {
			runtime.Gosched()
			continue
		}
		<-time.After(min(max(waited/pollPart, pollFirst), pollLast, d-waited))
	}
}
