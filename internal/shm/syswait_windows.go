//go:build !asyncgo_polling

package shm

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Windows has no wait for a word that processes share. A word of a control page has a
// semaphore, and beside the page the number of those that wait at it. One that wakes
// others takes them off the number, and adds as much to the semaphore.
//
// What is left of a process that died while it waited, or of one that stopped to wait at
// the moment in which it was woken, is a number that is too high, and then a semaphore that is:
// one wake-up too many, never one too few.
const hasSysWait = true

// A wait for a semaphore may end some 16 ms late. That is too late to notice the death of
// the holder of a lock, so waits for locks poll.
const shortestSleep = 2 * lastLockNap

// mostWaiters are woken at once. No word has as many; a greater number is that of a
// process gone wild, and is forgotten.
const mostWaiters = 1 << 12

// waitersOf returns the number of those that wait at a word: see controlPages.
func waitersOf(word *atomic.Uint32) *atomic.Uint32 {
	return (*atomic.Uint32)(unsafe.Add(unsafe.Pointer(word), pageSize))
}

func sysWait(word *atomic.Uint32, value uint32, d time.Duration) {
	seen := woken.Load()
	if d < shortestSleep {
		poll(word, value, d)
		return
	}
	if poll(word, value, pollSpin); word.Load() != value || woken.Load() != seen {
		return
	}
	semaphore, err := controls.semaphore(word)
	if err != nil {
		poll(word, value, d)
		return
	}
	n := waitersOf(word)
	n.Add(1)
	if word.Load() == value && woken.Load() == seen {
		if got, err := windows.WaitForSingleObject(semaphore, uint32(d/time.Millisecond)); err == nil && got == windows.WAIT_OBJECT_0 {
			return
		}
	}
	for {
		was := n.Load()
		if was == 0 { // taken off by another, which has added for us, or will
			_, _ = windows.WaitForSingleObject(semaphore, 0)
			return
		}
		if n.CompareAndSwap(was, was-1) {
			return
		}
	}
}

func sysWake(word *atomic.Uint32, n int) int {
	woken.Add(1) // for those of this process that poll
	for waiters := waitersOf(word); ; {
		was := waiters.Load()
		wake := min(was, uint32(min(n, mostWaiters)))
		if wake == 0 {
			return 0
		}
		left := was - wake
		if was > mostWaiters {
			left = 0
		}
		if waiters.CompareAndSwap(was, left) {
			if semaphore, err := controls.semaphore(word); err == nil {
				_ = release(semaphore, wake)
			}
			return int(wake)
		}
	}
}
