package shm

import (
	"encoding/hex"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/section"
)

// The semaphores of a control page, by the offset of their word. They have names, which
// no process can guess that does not have the page, and go with their last handle.
type semaphores struct {
	mu     sync.Mutex
	byWord map[uintptr]windows.Handle // guarded by mu
}

var (
	createSemaphore  = windows.NewLazySystemDLL("kernel32.dll").NewProc("CreateSemaphoreW")
	releaseSemaphore = windows.NewLazySystemDLL("kernel32.dll").NewProc("ReleaseSemaphore")
)

// semaphore returns the semaphore of a word of a control page.
func (c *controlPages) semaphore(word *atomic.Uint32) (windows.Handle, error) {
	off := uintptr(unsafe.Pointer(word)) % section.Granularity
	page := unsafe.Add(unsafe.Pointer(word), -int(off))
	v, ok := c.semaphores.Load(uintptr(page))
	if !ok {
		return 0, os.ErrNotExist
	}
	s := v.(*semaphores)
	s.mu.Lock()
	defer s.mu.Unlock()
	if h, ok := s.byWord[off]; ok {
		return h, nil
	}
	var id handoff.ID
	copy(id[:], unsafe.Slice((*byte)(unsafe.Add(page, offID)), len(id)))
	name, err := windows.UTF16PtrFromString(`Local\asyncgo-wait-` + hex.EncodeToString(id[:]) + "-" + strconv.Itoa(int(off)))
	if err != nil {
		return 0, err
	}
	const most = 1<<31 - 1
	h, _, err := createSemaphore.Call(0, 0, most, uintptr(unsafe.Pointer(name)))
	if h == 0 {
		return 0, os.NewSyscallError("CreateSemaphore", err)
	}
	s.byWord[off] = windows.Handle(h)
	return s.byWord[off], nil
}

// close closes the semaphores, at which no thread waits any more.
func (s *semaphores) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.byWord {
		_ = windows.CloseHandle(h)
	}
	s.byWord = nil
}

func release(semaphore windows.Handle, n uint32) error {
	if ok, _, err := releaseSemaphore.Call(uintptr(semaphore), uintptr(n), 0); ok == 0 {
		return os.NewSyscallError("ReleaseSemaphore", err)
	}
	return nil
}
