package proc

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/section"
)

var sysMemory memory = sections{}

// sections are blocks without a name that no process can make smaller.
type sections struct{}

func (sections) supported() error { return nil }

func (sections) create() ([]byte, handle, error) {
	h, err := section.Create(memorySize)
	if err != nil {
		return nil, 0, fmt.Errorf("proc: memory of the channel: %w", err)
	}
	mem, err := mapMemory(h)
	if err == nil {
		err = os.NewSyscallError("SetHandleInformation", windows.SetHandleInformation(h, windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT))
	}
	if err != nil {
		_ = windows.CloseHandle(h)
		return nil, 0, fmt.Errorf("proc: memory of the channel: %w", err)
	}
	return mem, handle(h), nil
}

func (sections) open(inherited uintptr) ([]byte, error) {
	h, err := take(inherited)
	if err != nil {
		return nil, fmt.Errorf("handle %d, the memory of the channel: %w", inherited, err)
	}
	if size, err := section.Size(h); err != nil || size != memorySize {
		return nil, fmt.Errorf("handle %d is not the memory of the channel", inherited)
	}
	defer func() { _ = windows.CloseHandle(h) }()
	return mapMemory(h)
}

func mapMemory(h windows.Handle) ([]byte, error) {
	at, err := section.Map(h, 0, memorySize)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(at), memorySize), nil
}

func (sections) release(block []byte) { _ = section.Unmap(unsafe.Pointer(&block[0])) }
