package proc

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A handle is what a worker inherits, as the parent has it. It is no *os.File: that
// would join the poller of the parent, and a file can be in one poller only.
type handle windows.Handle

// Close closes the parent's handle.
func (h handle) Close() error { return windows.CloseHandle(windows.Handle(h)) }

// inheritable is for objects that a worker inherits. Only those that start names are
// inherited, and only by the worker.
var inheritable = &windows.SecurityAttributes{Length: uint32(unsafe.Sizeof(windows.SecurityAttributes{})), InheritHandle: 1}

// copyOf returns a duplicate of h in this process.
func copyOf(h windows.Handle, inherit bool) (windows.Handle, error) {
	var dup windows.Handle
	err := windows.DuplicateHandle(windows.CurrentProcess(), h, windows.CurrentProcess(), &dup, 0, inherit, windows.DUPLICATE_SAME_ACCESS)
	return dup, os.NewSyscallError("DuplicateHandle", err)
}

// take makes an inherited handle one of this process alone.
func take(inherited uintptr) (windows.Handle, error) {
	h := windows.Handle(inherited)
	return h, os.NewSyscallError("SetHandleInformation", windows.SetHandleInformation(h, windows.HANDLE_FLAG_INHERIT, 0))
}

const (
	pipeBuffer = 64 << 10
	pipeTries  = 8
)

// A pipe needs a name for as long as it has one end. The name cannot be guessed, only
// this user may open it, there is one end to be had, and this process has it, or the
// pipe is given up.
func pipe(access, clientAccess, clientFlags uint32) (server, client windows.Handle, err error) {
	owner, err := windows.SecurityDescriptorFromString("D:P(A;;GA;;;OW)")
	if err != nil {
		return 0, 0, os.NewSyscallError("ConvertStringSecurityDescriptorToSecurityDescriptor", err)
	}
	guarded := *inheritable
	guarded.SecurityDescriptor = owner
	ours := guarded
	ours.InheritHandle = 0
	for range pipeTries {
		var random [16]byte
		_, _ = rand.Read(random[:])
		name, err := windows.UTF16PtrFromString(`\\.\pipe\asyncgo-` + hex.EncodeToString(random[:]))
		if err != nil {
			return 0, 0, err
		}
		server, err = windows.CreateNamedPipe(name, access|windows.FILE_FLAG_OVERLAPPED|windows.FILE_FLAG_FIRST_PIPE_INSTANCE,
			windows.PIPE_TYPE_BYTE|windows.PIPE_READMODE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS, 1, pipeBuffer, pipeBuffer, 0, &ours)
		if err != nil {
			return 0, 0, os.NewSyscallError("CreateNamedPipe", err)
		}
		client, err = windows.CreateFile(name, clientAccess, 0, &guarded, windows.OPEN_EXISTING, clientFlags, 0)
		if err == nil {
			var pid uint32
			if err = windows.GetNamedPipeClientProcessId(server, &pid); err == nil && int(pid) == os.Getpid() {
				return server, client, nil
			}
			_ = windows.CloseHandle(client)
			if err != nil {
				_ = windows.CloseHandle(server)
				return 0, 0, os.NewSyscallError("GetNamedPipeClientProcessId", err)
			}
		}
		_ = windows.CloseHandle(server)
		if err != nil && !errors.Is(err, windows.ERROR_PIPE_BUSY) {
			return 0, 0, os.NewSyscallError("CreateFile", err)
		}
	}
	return 0, 0, errors.New("another process of this user takes each pipe that is made")
}

// Pipe is os.Pipe whose read end has deadlines.
func Pipe() (r, w *os.File, err error) {
	server, client, err := pipe(windows.PIPE_ACCESS_INBOUND, windows.GENERIC_WRITE, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("proc: pipe: %w", err)
	}
	// A process writes to it as to any file.
	return os.NewFile(uintptr(server), "asyncgo-pipe"), os.NewFile(uintptr(client), "asyncgo-pipe"), nil
}

// abandoned reports whether h is a pipe whose other end is closed.
func abandoned(h windows.Handle) bool {
	// Not a variable of the package: see handed.
	peek := windows.NewLazySystemDLL("kernel32.dll").NewProc("PeekNamedPipe")
	ok, _, err := peek.Call(uintptr(h), 0, 0, 0, 0, 0)
	return ok == 0 && errors.Is(err, windows.ERROR_BROKEN_PIPE)
}
