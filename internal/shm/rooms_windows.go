package shm

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/section"
)

// Data is mapped outside the Go heap, and the collector does not see what has a slice
// of it. So addresses that were given back are not unmapped, which would make the next
// access through such a slice a fault, or worse, one to memory of others: they become
// private zero pages, until some newer data had its turn.
//
// That takes a placeholder for the view, which keeps the addresses when the view goes
// (Windows 10, version 1803, and later). Where there are none, data of which a slice was
// handed out stays as it is.
var rooms dataRooms

// maxWaiting bytes of retired data wait before the first is unmapped.
const maxWaiting = 256 << 20

type dataRooms struct {
	mu      sync.Mutex
	waiting []room // given back, in this order
	bytes   int    // of these
}

// A room is a range of addresses for data.
type room struct {
	at          unsafe.Pointer
	size        int  // whole pages
	placeholder bool // the view lies in one
}

var (
	kernelBase      = windows.NewLazySystemDLL("kernelbase.dll")
	virtualAlloc2   = kernelBase.NewProc("VirtualAlloc2")
	mapViewOfFile3  = kernelBase.NewProc("MapViewOfFile3")
	unmapViewOfFile = kernelBase.NewProc("UnmapViewOfFile2")
)

// Flags of winnt.h for placeholders.
const (
	memReservePlaceholder  = 0x00040000
	memReplacePlaceholder  = 0x00004000
	memPreservePlaceholder = 0x00000002
)

// hasPlaceholders reports whether the system has all that retire needs.
var hasPlaceholders = sync.OnceValue(func() bool {
	for _, p := range []*windows.LazyProc{virtualAlloc2, mapViewOfFile3, unmapViewOfFile} {
		if p.Find() != nil {
			return false
		}
	}
	h, err := section.Create(section.Granularity)
	if err != nil {
		return false
	}
	defer func() { _ = windows.CloseHandle(h) }()
	at, err := mapPlaceholder(h, 0, section.Granularity)
	if err != nil {
		return false
	}
	m := room{at, section.Granularity, true}
	if !m.retire() {
		_ = section.Unmap(at)
		return false
	}
	var is windows.MemoryBasicInformation
	err = windows.VirtualQuery(uintptr(at), &is, unsafe.Sizeof(is))
	_ = windows.VirtualFree(uintptr(at), 0, windows.MEM_RELEASE)
	return err == nil && is.State == windows.MEM_COMMIT
})

func mapPlaceholder(h windows.Handle, offset int64, size int) (unsafe.Pointer, error) {
	at, _, err := virtualAlloc2.Call(0, 0, uintptr(size), windows.MEM_RESERVE|memReservePlaceholder, windows.PAGE_NOACCESS, 0, 0)
	if at == 0 {
		return nil, os.NewSyscallError("VirtualAlloc2", err)
	}
	view, _, err := mapViewOfFile3.Call(uintptr(h), uintptr(windows.CurrentProcess()), at, uintptr(offset), uintptr(size), memReplacePlaceholder, windows.PAGE_READWRITE, 0, 0)
	if view == 0 {
		_ = windows.VirtualFree(at, 0, windows.MEM_RELEASE)
		return nil, os.NewSyscallError("MapViewOfFile3", err)
	}
	return section.Pointer(view), nil
}

// take maps size bytes of fd, whole pages, from the given offset on.
func (*dataRooms) take(fd int, offset int64, size int) (room, error) {
	if hasPlaceholders() {
		if at, err := mapPlaceholder(windows.Handle(fd), offset, size); err == nil {
			return room{at, size, true}, nil
		}
	}
	at, err := section.Map(windows.Handle(fd), offset, size)
	return room{at: at, size: size}, err
}

// retire gives the data back: what is at the addresses now reads as zeros, and what
// is written there gets nowhere. An access at this very moment is a fault. It reports
// false if that cannot be; then everything is as it was.
func (m room) retire() bool {
	if !m.placeholder {
		return false
	}
	if ok, _, _ := unmapViewOfFile.Call(uintptr(windows.CurrentProcess()), uintptr(m.at), memPreservePlaceholder); ok == 0 {
		return false
	}
	// If memory is short the addresses stay reserved: a slice is a fault then, but
	// never the memory of others.
	_, _, _ = virtualAlloc2.Call(uintptr(windows.CurrentProcess()), uintptr(m.at), uintptr(m.size),
		windows.MEM_RESERVE|windows.MEM_COMMIT|memReplacePlaceholder, windows.PAGE_READWRITE, 0, 0)
	return true
}

// give takes the addresses of retired data back.
func (r *dataRooms) give(m room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, m)
	r.bytes += m.size
	for r.bytes > maxWaiting {
		m := r.waiting[0]
		r.waiting[0] = room{}
		r.waiting = r.waiting[1:]
		r.bytes -= m.size
		_ = windows.VirtualFree(uintptr(m.at), 0, windows.MEM_RELEASE)
	}
}

// free lets go of data of which no slice was ever handed out.
func (*dataRooms) free(m room) { _ = section.Unmap(m.at) }

// bytes returns the first size bytes of the room.
func (m room) bytes(size int) []byte {
	if m.at == nil {
		return nil
	}
	return unsafe.Slice((*byte)(m.at), size)[:size:size]
}

func (m room) String() string { return fmt.Sprintf("%d bytes at %p", m.size, m.at) }
