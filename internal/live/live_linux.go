//go:build !asyncgo_portable

package live

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/unlinked"
)

// The file is a table with a place of two words for each process: the thread that has it,
// and how often it was had. A process takes a free place or that of a dead one.
//
//	┌──────────────────────┬───────────────┬───────────────┬─ … ─┐
//	│ tree, where to look  │ thread │ turn │ thread │ turn │     │
//	└──────────────────────┴───────────────┴───────────────┴─ … ─┘
//
// The word of the thread is what the kernel calls a robust futex: when the thread ends,
// the kernel finds the word by the list that the thread has told it, takes the number of
// the thread out of it, and marks it. It does so at the beginning of the thread's end.
// A lock of POSIX, as elsewhere, it drops after it has cleared away the memory of the
// process, which takes 0.1 s for each GiB.
//
// Goroutines change threads, so one thread of each process does nothing else but live
// as long as the process does.
const (
	placeBits = 14
	places    = 1 << placeBits
	placeSize = 8
	tableSize = places * placeSize

	offNext    = 8 // after the number of the tree: which place to look at next
	firstPlace = 8 // the places before it are for those

	offTurn  = 4          // in a place
	turnMask = 1<<16 - 1  // placeBits and these are the 30 bits of a number
	ownerTID = 0x3fffffff // FUTEX_TID_MASK: 0 when the process is dead
)

var table unsafe.Pointer // the file, mapped for as long as the process lives

func word(place uint32, off uintptr) *atomic.Uint32 {
	return (*atomic.Uint32)(unsafe.Add(table, uintptr(place)*placeSize+off))
}

// keep keeps the programs that this process executes from having the file.
func keep(fd uintptr) { unix.CloseOnExec(int(fd)) }

// create makes a file that no other process can open, and none can shrink.
func create() (*os.File, error) {
	if !unlinked.HasMemfd() {
		return unlinked.File(tableSize, tableSize)
	}
	fd, err := unlinked.Memfd("asyncgo-live")
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "asyncgo-live")
	if err := size(fd); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// size takes the room of the table, so that there is an error now or none later.
func size(fd int) error {
	if err := unix.Ftruncate(fd, tableSize); err != nil {
		return os.NewSyscallError("ftruncate", err)
	}
	err := unlinked.Reserve(fd, 0, tableSize)
	for errors.Is(err, unix.EINTR) {
		err = unlinked.Reserve(fd, 0, tableSize)
	}
	if err != nil {
		return os.NewSyscallError("fallocate", err)
	}
	_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	return os.NewSyscallError("fcntl(F_ADD_SEALS)", err)
}

func mapTable() error {
	if table != nil {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &st); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	if st.Size != tableSize {
		return fmt.Errorf("descriptor %d is another file", file.Fd())
	}
	base, err := unix.MmapPtr(int(file.Fd()), 0, nil, tableSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return os.NewSyscallError("mmap", err)
	}
	table = base
	return nil
}

// claim takes a place. Its thread is there from then on.
func claim() (id uint32, err error) {
	if err := mapTable(); err != nil {
		return 0, err
	}
	claimed := make(chan struct{})
	go parkedThread(func() bool {
		defer close(claimed)
		id, err = claimForThread()
		return err == nil
	})
	<-claimed
	return id, err
}

// parkedThread is the thread whose end the kernel shows.
func parkedThread(claim func() bool) {
	runtime.LockOSThread() // never unlocked: the thread must not run anything else
	if claim() {
		select {}
	}
}

// robust is what the kernel reads when the thread ends: struct robust_list_head, and the
// one element of the list. The word is at a distance from the element.
var robust struct {
	head struct {
		next     uintptr
		distance uintptr
		pending  uintptr
	}
	link uintptr
}

// claimForThread takes a place for the calling thread.
func claimForThread() (uint32, error) {
	head, link := uintptr(unsafe.Pointer(&robust.head)), uintptr(unsafe.Pointer(&robust.link))
	robust.head.next, robust.link = link, head // a ring of one
	if _, _, errno := unix.RawSyscall(unix.SYS_SET_ROBUST_LIST, head, unsafe.Sizeof(robust.head), 0); errno != 0 {
		return 0, os.NewSyscallError("set_robust_list", errno)
	}
	tid := uint32(unix.Gettid())
	next := word(0, offNext)
	for range 2 * places {
		place := next.Add(1) % places
		if place < firstPlace {
			continue
		}
		owner, turn := word(place, 0), word(place, offTurn)
		was := owner.Load()
		if was&ownerTID != 0 {
			continue
		}
		// Killed before the word is its own, the thread leaves it as it is: the kernel
		// marks only words that have the number of the thread.
		robust.head.distance = uintptr(unsafe.Pointer(owner)) - link
		if !owner.CompareAndSwap(was, tid) {
			continue
		}
		turn.Store((turn.Load() + 1) & turnMask)
		return turn.Load()<<placeBits | place, nil
	}
	return 0, fmt.Errorf("%d processes of this program and its workers use shared memory, which is the most", places-firstPlace)
}

// Dead reports whether the process with this number has begun to end. It takes some
// nanoseconds.
func Dead(id uint32) bool {
	if id == self.id {
		return false
	}
	place := id % places
	if place < firstPlace {
		return true // it is no number
	}
	return word(place, 0).Load()&ownerTID == 0 || word(place, offTurn).Load() != id>>placeBits
}
