package shm

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A block is shared memory at the address of a Go allocation. The pages of an
// ordinary byte slice are replaced by pages of the file, so the garbage
// collector sees who still uses them: a slice that a user took keeps the memory,
// with no handle around. It works because the runtime neither moves live
// objects nor looks inside those without pointers.
//
// The way back matters as much. The pages become private zero pages again
// before the runtime may use the allocation for something else; that is what
// the finalizer does, for a finalizer (unlike a cleanup) runs while the object
// still exists.
type block struct {
	bytes []byte // whole pages

	once    *sync.Once   // the way back is gone once
	retired *atomic.Bool // set when it has been
}

func newBlock(fd int, offset int64, size int) (*block, error) {
	raw := allocate(size)
	if uintptr(unsafe.Pointer(raw))%uintptr(pageSize) != 0 {
		raw = allocate(size + pageSize)
	}
	skip := -int(uintptr(unsafe.Pointer(raw))) & (pageSize - 1)
	start := unsafe.Add(unsafe.Pointer(raw), skip)
	if err := replace(start, size, fd, offset, unix.MAP_SHARED); err != nil {
		lost.Store(raw, nil) // there may be a hole in it now
		return nil, err
	}
	b := &block{bytes: unsafe.Slice((*byte)(start), size), once: new(sync.Once), retired: new(atomic.Bool)}
	once, retired := b.once, b.retired
	runtime.SetFinalizer(raw, func(raw *byte) {
		once.Do(func() { retired.Store(makePrivate(unsafe.Add(unsafe.Pointer(raw), skip), size)) })
		if !retired.Load() {
			lost.Store(raw, nil)
		}
	})
	return b, nil
}

// allocate returns the start of an allocation without pointers. A Builder is
// the one way to get it without zeroing, which would touch every page only for
// the page to be replaced.
func allocate(size int) *byte {
	var b strings.Builder
	b.Grow(size)
	b.WriteByte(0) // for String to have an address
	return unsafe.StringData(b.String())
}

// replace puts pages of fd, or zero pages if it is -1, in the place of those at
// to. It maps them elsewhere and moves them because x/sys's mmap returns the
// address through a conversion that -race refuses for the Go heap.
func replace(to unsafe.Pointer, size, fd int, offset int64, flags int) error {
	from, err := unix.MmapPtr(fd, offset, nil, uintptr(size), unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return os.NewSyscallError("mmap", err)
	}
	_, _, errno := unix.Syscall6(unix.SYS_MREMAP, uintptr(from), uintptr(size), uintptr(size),
		unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, uintptr(to), 0)
	if errno != 0 {
		_ = unix.MunmapPtr(from, uintptr(size))
		return os.NewSyscallError("mremap", errno)
	}
	return nil
}

// lost keeps allocations whose pages the kernel refused to exchange (it limits the
// number of mappings). Better that they stay than that the runtime stores its
// objects in another process's memory, or in none.
var lost sync.Map

// retire gives the shared memory back now. Whoever still holds a slice reads
// zeros from then on and writes to nowhere, but does not crash.
func (b *block) retire() {
	b.once.Do(func() { b.retired.Store(makePrivate(unsafe.Pointer(&b.bytes[0]), len(b.bytes))) })
}

// makePrivate reports whether it worked.
func makePrivate(at unsafe.Pointer, size int) bool {
	return replace(at, size, -1, 0, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS) == nil
}
