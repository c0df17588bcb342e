package live

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// keep does nothing: a child inherits only what is named to it.
func keep(uintptr) {}

// create makes a file that no other process can open, and that is gone with its last
// handle.
func create() (*os.File, error) {
	var random [16]byte
	_, _ = rand.Read(random[:])
	path := filepath.Join(os.TempDir(), "asyncgo-"+hex.EncodeToString(random[:]))
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.CREATE_NEW,
		windows.FILE_ATTRIBUTE_TEMPORARY|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
	if err != nil {
		return nil, &os.PathError{Op: "CreateFile", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

func lockByte(id uint32) (bool, error) {
	at := windows.Overlapped{Offset: id}
	err := windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil // another process has the number
	}
	return err == nil, os.NewSyscallError("LockFileEx", err)
}

// Dead reports whether the process with this number has ended. There is no way to ask
// for a lock but to take it, so it takes two system calls, unless it is this process.
// What cannot be asked counts as alive; so does a number that is asked for by another
// process at the same moment.
func Dead(id uint32) bool {
	if id == self.id {
		return false
	}
	if free, err := lockByte(id); err != nil || !free {
		return false
	}
	at := windows.Overlapped{Offset: id}
	_ = windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, &at)
	return true
}
