//go:build unix || windows

// Package live tells which processes of a tree are alive: a program that uses shared
// memory, its workers, and theirs. There is one file for the tree, which a worker
// inherits. Each process that takes locks has a number in it, which does not come again
// soon after its death, so that no process gets that of a dead one whose locks were not
// taken over yet. How a death shows differs:
//
//   - On Linux the file is a table that all processes have mapped, and the kernel marks
//     the place of a process as soon as it begins to die. See live_linux.go.
//   - Elsewhere each process holds the lock on one byte of the file, whose offset is
//     its number. The system drops the lock with the process, but not before it has
//     cleared away the memory of the process. See live_unix.go.
//
// The file starts with the number of the tree. A process of another tree would take
// the living for dead, so it must be kept away from the locks of this one.
package live

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"sync"
)

// maxID is the greatest number of a process.
const maxID = 1<<30 - 1

// self is this process. Its number and that of the tree never change once they are set.
var self struct {
	mu   sync.Mutex
	id   uint32
	tree uint64
}

// Start gives this process its number, and the tree its file if there is none yet.
// Later calls return the same. After an error, such as that there is no descriptor left,
// it may be called again.
func Start() (id uint32, tree uint64, err error) {
	self.mu.Lock()
	defer self.mu.Unlock()
	if self.id != 0 {
		return self.id, self.tree, nil
	}
	if self.tree, err = openFile(); err == nil {
		self.id, err = claim()
	}
	if err != nil {
		return 0, 0, fmt.Errorf("the file that shows which processes live: %w", err)
	}
	return self.id, self.tree, nil
}

// file is never closed, and there is no second descriptor of it in this process: where
// locks are those of POSIX, a process loses them with any descriptor of the file that it
// closes. They are not inherited by a child.
var file *os.File

// Adopt makes a descriptor, or handle, that this process has inherited the file of its
// tree. It is called before anything else.
func Adopt(fd uintptr) {
	keep(fd)
	file = os.NewFile(fd, "asyncgo-live")
}

// File returns the file for a child to inherit.
func File() (*os.File, error) {
	self.mu.Lock()
	defer self.mu.Unlock()
	if _, err := openFile(); err != nil {
		return nil, fmt.Errorf("the file that shows which processes live: %w", err)
	}
	return file, nil
}

// openFile makes the file unless it was made or inherited, and returns the number in it.
func openFile() (tree uint64, err error) {
	var b [8]byte
	if file != nil {
		if _, err := file.ReadAt(b[:], 0); err != nil {
			return 0, err
		}
		return binary.LittleEndian.Uint64(b[:]), nil
	}
	f, err := create()
	if err != nil {
		return 0, err
	}
	_, _ = rand.Read(b[:])
	if _, err := f.WriteAt(b[:], 0); err != nil {
		_ = f.Close()
		return 0, err
	}
	file = f
	return binary.LittleEndian.Uint64(b[:]), nil
}
