// Package section is memory that processes share on Windows, which calls it a section.
// All of it is charged when it is made, so that there is an error then or none later,
// and no process can make it smaller.
package section

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Granularity is what the start of a view in its section is a multiple of.
const Granularity = 64 << 10

// Create makes a section of size zeroed bytes. A lack of memory wraps ENOMEM.
func Create(size int64) (windows.Handle, error) {
	h, err := windows.CreateFileMapping(windows.InvalidHandle, nil, windows.PAGE_READWRITE, uint32(size>>32), uint32(size), nil)
	return h, wrap("CreateFileMapping", err)
}

// CreateNamed is Create with a name in the namespace of the session. It may be opened by
// processes of this user. An error wraps fs.ErrExist if there is one already.
func CreateNamed(name string, size int64) (windows.Handle, error) {
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	h, err := windows.CreateFileMapping(windows.InvalidHandle, nil, windows.PAGE_READWRITE, uint32(size>>32), uint32(size), text)
	if err != nil && h != 0 { // that of the one that is there
		_ = windows.CloseHandle(h)
		h = 0
	}
	return h, wrap("CreateFileMapping", err)
}

var openFileMapping = windows.NewLazySystemDLL("kernel32.dll").NewProc("OpenFileMappingW")

// OpenNamed opens the section of a name. An error wraps fs.ErrNotExist if there is none.
func OpenNamed(name string) (windows.Handle, error) {
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	const query = 1 // for Size
	h, _, err := openFileMapping.Call(windows.FILE_MAP_READ|windows.FILE_MAP_WRITE|query, 0, uintptr(unsafe.Pointer(text)))
	if h == 0 {
		return 0, wrap("OpenFileMapping", err)
	}
	return windows.Handle(h), nil
}

// Map maps a part of a section at addresses that the system chooses.
func Map(h windows.Handle, offset int64, size int) (unsafe.Pointer, error) {
	at, err := windows.MapViewOfFile(h, windows.FILE_MAP_READ|windows.FILE_MAP_WRITE, uint32(offset>>32), uint32(offset), uintptr(size))
	return Pointer(at), wrap("MapViewOfFile", err)
}

// Unmap ends a mapping.
func Unmap(at unsafe.Pointer) error {
	return wrap("UnmapViewOfFile", windows.UnmapViewOfFile(uintptr(at)))
}

// Pointer returns the address of memory that the system has mapped, of which the Go
// runtime knows nothing.
func Pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

// ErrNone is returned for a handle of something else.
var ErrNone = errors.New("it is no shared memory")

var querySection = windows.NewLazySystemDLL("ntdll.dll").NewProc("NtQuerySection")

// basic is SECTION_BASIC_INFORMATION.
type basic struct {
	base       uintptr
	attributes uint32
	size       int64
}

// Attributes of a section, of winnt.h.
const (
	secFile    = 0x00800000
	secImage   = 0x01000000
	secReserve = 0x04000000
	secCommit  = 0x08000000
)

// Size returns the size of a section, in bytes. It refuses one that is backed by a file,
// or whose memory was not charged: to read it can be a fault.
func Size(h windows.Handle) (int64, error) {
	var b basic
	status, _, _ := querySection.Call(uintptr(h), 0, uintptr(unsafe.Pointer(&b)), unsafe.Sizeof(b), 0)
	if status != 0 {
		return 0, fmt.Errorf("%w: NtQuerySection: %w", ErrNone, windows.NTStatus(status))
	}
	if b.attributes&(secFile|secImage|secReserve) != 0 || b.attributes&secCommit == 0 {
		return 0, fmt.Errorf("%w of the kind that is made here (attributes %#x)", ErrNone, b.attributes)
	}
	return b.size, nil
}

func wrap(call string, err error) error {
	if err == nil {
		return nil
	}
	for _, short := range []windows.Errno{windows.ERROR_COMMITMENT_LIMIT, windows.ERROR_NOT_ENOUGH_MEMORY, windows.ERROR_NO_SYSTEM_RESOURCES, windows.ERROR_OUTOFMEMORY} {
		if errors.Is(err, short) {
			return fmt.Errorf("%w: %w", syscall.ENOMEM, os.NewSyscallError(call, err))
		}
	}
	return os.NewSyscallError(call, err)
}
