package shm

import (
	"fmt"
	"os"
	"runtime"
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
	raw := make([]byte, size)
	if uintptr(unsafe.Pointer(&raw[0]))%uintptr(pageSize) != 0 {
		raw = make([]byte, size+pageSize)
	}
	skip := -int(uintptr(unsafe.Pointer(&raw[0]))) & (pageSize - 1)
	bytes := raw[skip : skip+size : skip+size]
	_, err := unix.MmapPtr(fd, offset, unsafe.Pointer(&bytes[0]), uintptr(size),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_FIXED)
	if err != nil {
		return nil, fmt.Errorf("shared memory of %d bytes: %w", size, os.NewSyscallError("mmap", err))
	}
	b := &block{bytes: bytes, once: new(sync.Once), retired: new(atomic.Bool)}
	once, retired := b.once, b.retired
	runtime.SetFinalizer(&raw[0], func(base *byte) {
		once.Do(func() { retired.Store(makePrivate(unsafe.Add(unsafe.Pointer(base), skip), size)) })
		if !retired.Load() {
			lost.Store(base, nil)
		}
	})
	return b, nil
}

// lost keeps allocations whose pages the kernel refused to take back (it limits
// the number of mappings). Better that they stay than that the runtime stores
// its objects in another process's memory.
var lost sync.Map

// retire gives the shared memory back now. Whoever still holds a slice reads
// zeros from then on and writes to nowhere, but does not crash.
func (b *block) retire() {
	b.once.Do(func() { b.retired.Store(makePrivate(unsafe.Pointer(&b.bytes[0]), len(b.bytes))) })
}

// makePrivate reports whether it worked.
func makePrivate(at unsafe.Pointer, size int) bool {
	_, err := unix.MmapPtr(-1, 0, at, uintptr(size),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED)
	return err == nil
}
