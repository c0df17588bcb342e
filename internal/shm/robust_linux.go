//go:build !asyncgo_portable

package shm

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A link is one element of the robust list. It lives span bytes before the lock
// word that it stands for; the kernel reads it when the parked thread ends.
type link struct {
	next uintptr
}

// listHead is struct robust_list_head of the kernel.
type listHead struct {
	next    uintptr // the first link, or the head itself
	offset  uintptr // from a link to its word
	pending uintptr // the link of a lock that is just being taken or released
}

// maxHeld is how many locks a process can hold at once. The kernel stops its
// walk after 2048 links, and a lock past them would be lost with its holder.
const maxHeld = 2000

var errTooManyHeld = errors.New("this process holds 2000 shared locks, the most that the kernel would release after a crash")

// robust is the robust list of this process. The kernel keeps such lists per
// thread, but goroutines change threads; so one thread, which does nothing
// else, owns every lock that the process holds, and its number stands in the
// lock words. It lives exactly as long as the process.
var robust struct {
	once sync.Once
	err  error
	tid  uint32
	pid  uint32
	head *listHead

	// mu guards everything below and the kernel's list, above all the one
	// pending field. It is held for nanoseconds, never while waiting.
	mu    sync.Mutex
	first *Lock // held locks, newest first, linked by older and newer
	count int
}

// startLocks prepares this process for locks: it starts the parked thread. Later calls return the first result.
func startLocks() error {
	robust.once.Do(func() {
		head, err := controls.listHeadAt()
		if err != nil {
			robust.err = err
			return
		}
		robust.head = (*listHead)(head)
		robust.pid = uint32(os.Getpid())
		robust.head.offset = span
		robust.head.next = uintptr(head)
		ready := make(chan error)
		go parkedThread(ready)
		robust.err = <-ready
	})
	return robust.err
}

// parkedThread is the owner of all locks of this process.
func parkedThread(ready chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread must not run anything else, nor end
	_, _, errno := unix.RawSyscall(unix.SYS_SET_ROBUST_LIST, uintptr(unsafe.Pointer(robust.head)), unsafe.Sizeof(*robust.head), 0)
	if errno != 0 {
		ready <- os.NewSyscallError("set_robust_list", errno)
		return
	}
	robust.tid = uint32(unix.Gettid())
	ready <- nil
	select {}
}

// insert puts l on the list, to be called with mu held and l pending.
func insert(l *Lock) {
	first := robust.first
	l.older, l.newer = first, nil
	if first != nil {
		first.newer = l
	}
	robust.first = l
	robust.count++
	l.held = true
	l.link.next = robust.head.next
	// Atomic for its order: the link is whole before it can be found.
	atomic.StoreUintptr(&robust.head.next, uintptr(unsafe.Pointer(l.link)))
}

// remove takes l off the list, to be called with mu held and l pending.
func remove(l *Lock) {
	if l.newer != nil {
		atomic.StoreUintptr(&l.newer.link.next, l.link.next)
		l.newer.older = l.older
	} else {
		atomic.StoreUintptr(&robust.head.next, l.link.next)
		robust.first = l.older
	}
	if l.older != nil {
		l.older.newer = l.newer
	}
	l.older, l.newer = nil, nil
	l.held = false
	robust.count--
}

// disown takes the locks off the list that other processes have released for this
// one, to be called with mu held. They are noticed only when they are used
// again, and they may not be: the list would keep them, and their memory.
// None needs to be pending, for none is ours to lose.
func disown() {
	for l := robust.first; l != nil; {
		next := l.older
		if l.word.Load()&ownerMask != robust.tid {
			remove(l)
		}
		l = next
	}
}

// HeldLocks returns how many locks this process holds.
func HeldLocks() int {
	robust.mu.Lock()
	defer robust.mu.Unlock()
	disown()
	return robust.count
}
