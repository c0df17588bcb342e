//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package shm

import (
	"fmt"
	"math/bits"
	"os"
	"slices"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Data is mapped outside the Go heap, which would count it: 2 GiB of shared memory
// would let 2 GiB of garbage lie. The price is that the collector does not see what
// has a slice of it. So addresses that were given back are not unmapped, which would
// make the next access through such a slice a fault, nor soon used for other data,
// which would be worse: they become private zero pages, and stay so until a good deal
// of newer data had its turn.
//
// The addresses come from blocks. Where neighbors were given back the kernel makes
// one mapping of them, so that what waits there takes neither memory nor, which is
// the scarcer, mappings.
var rooms dataRooms

const (
	roomBlock = 1 << (30 - 6*(1-bits.UintSize/64)) // 1 GiB; 16 MiB where addresses have 32 bits
	largeRoom = roomBlock / 4                      // from there on data has addresses of its own
	minBlocks = 64 - 60*(1-bits.UintSize/64)       // so many blocks are used before the first is used again
	maxLarge  = 64                                 // so many large rooms wait before the first is unmapped
)

type dataRooms struct {
	mu     sync.Mutex
	blocks []*roomsBlock // the last one is in use, the others in the order in which they became full
	large  []room        // given back, in this order
}

type roomsBlock struct {
	base unsafe.Pointer
	used int // bytes that were taken
	live int // rooms that were not given back
}

// A room is a range of addresses for data.
type room struct {
	at    unsafe.Pointer
	size  int         // whole pages
	block *roomsBlock // nil if it has addresses of its own
}

// take maps size bytes of fd, whole pages, from the given offset on.
func (r *dataRooms) take(fd int, offset int64, size int) (room, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b *roomsBlock
	if size < largeRoom {
		b = r.blockFor(size)
	}
	if b == nil {
		at, err := unix.MmapPtr(fd, offset, nil, uintptr(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		return room{at: at, size: size}, os.NewSyscallError("mmap", err)
	}
	at := unsafe.Add(b.base, b.used)
	if _, err := unix.MmapPtr(fd, offset, at, uintptr(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_FIXED); err != nil {
		// The kernel may have taken away what was there: never map here again.
		b.used = roomBlock
		b.live++
		return room{}, os.NewSyscallError("mmap", err)
	}
	b.used += size
	b.live++
	return room{at, size, b}, nil
}

// blockFor returns a block with room for size bytes, or nil if there is none.
func (r *dataRooms) blockFor(size int) *roomsBlock {
	if n := len(r.blocks); n > 0 && r.blocks[n-1].used+size <= roomBlock {
		return r.blocks[n-1]
	}
	if len(r.blocks) >= minBlocks {
		for i, b := range r.blocks {
			if b.live == 0 && reserveAt(b.base) == nil {
				b.used = 0
				r.blocks = append(slices.Delete(r.blocks, i, i+1), b)
				return b
			}
		}
	}
	base, err := unix.MmapPtr(-1, 0, nil, roomBlock, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|mapNoReserve)
	if err != nil {
		return nil // a limit on addresses (ulimit -v): do without
	}
	b := &roomsBlock{base: base}
	r.blocks = append(r.blocks, b)
	return b
}

// reserveAt makes a block what it was at first.
func reserveAt(base unsafe.Pointer) error {
	_, err := unix.MmapPtr(-1, 0, base, roomBlock, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_FIXED|mapNoReserve)
	return err
}

// retire gives the data back: what is at the addresses now reads as zeros, and what
// is written there gets nowhere. It reports false if the kernel refused; then
// everything is as it was.
func (m room) retire() bool {
	prots := []int{unix.PROT_READ | unix.PROT_WRITE, unix.PROT_READ}
	if strictOvercommit() {
		prots = prots[1:] // pages that could be written would count as used
	}
	for _, prot := range prots {
		_, err := unix.MmapPtr(-1, 0, m.at, uintptr(m.size), prot, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_FIXED|mapNoReserve)
		if err == nil {
			return true
		}
	}
	return false
}

// strictOvercommit reports whether the kernel promises no more memory than it has.
var strictOvercommit = sync.OnceValue(func() bool {
	b, _ := os.ReadFile("/proc/sys/vm/overcommit_memory")
	return len(b) > 0 && b[0] == '2'
})

// give takes the addresses of retired data back.
func (r *dataRooms) give(m room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.block != nil {
		m.block.live--
		return
	}
	r.large = append(r.large, m)
	if len(r.large) > maxLarge {
		_ = unix.MunmapPtr(r.large[0].at, uintptr(r.large[0].size))
		r.large[0] = room{}
		r.large = r.large[1:]
	}
}

// free lets go of data of which no slice was ever handed out.
func (r *dataRooms) free(m room) {
	if m.retire() {
		r.give(m)
	}
}

// bytes returns the first size bytes of the room.
func (m room) bytes(size int) []byte {
	if m.at == nil {
		return nil
	}
	return unsafe.Slice((*byte)(m.at), size)[:size:size]
}

func (m room) String() string { return fmt.Sprintf("%d bytes at %p", m.size, m.at) }
