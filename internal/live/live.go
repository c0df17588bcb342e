//go:build unix || windows

// Package live tells which processes of a tree are alive: a program that uses shared
// memory, its workers, and theirs. There is one file for the tree. Each process that
// takes locks holds the lock on one byte of it, whose offset is the number of the
// process; the system drops the lock with the process, however it ends. Numbers are
// random and have 30 bits, so that no process gets that of a dead one whose locks
// were not taken over yet.
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

// firstID is beyond what is written to the file.
const firstID = 64

var self struct {
	once sync.Once
	id   uint32
	tree uint64
	err  error
}

// Start gives this process its number, and the tree its file if there is none yet.
// Later calls return the same.
func Start() (id uint32, tree uint64, err error) {
	self.once.Do(func() {
		if self.tree, self.err = start(); self.err != nil {
			self.err = fmt.Errorf("the file that shows which processes live: %w", self.err)
		}
	})
	return self.id, self.tree, self.err
}

// file is never closed, and there is no second descriptor of it in this process: the
// locks are those of POSIX on Unix, which a process loses with any descriptor of the file
// that it closes. They are not inherited by a child.
var file *os.File

// Adopt makes a descriptor, or handle, that this process has inherited the file of its
// tree. It is called before anything else.
func Adopt(fd uintptr) {
	keep(fd)
	file = os.NewFile(fd, "asyncgo-live")
}

// File returns the file for a child to inherit.
func File() (*os.File, error) {
	_, _, err := Start()
	return file, err
}

// openFile makes the file unless it was inherited, and returns the number in it.
func openFile() (tree uint64, err error) {
	var b [8]byte
	if file != nil {
		if _, err := file.ReadAt(b[:], 0); err != nil {
			return 0, err
		}
		return binary.LittleEndian.Uint64(b[:]), nil
	}
	f, err := create(len(b))
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

func start() (tree uint64, err error) {
	tree, err = openFile()
	for err == nil && self.id == 0 {
		var b [4]byte
		_, _ = rand.Read(b[:])
		id := binary.LittleEndian.Uint32(b[:]) & maxID
		if id < firstID {
			continue
		}
		var got bool
		if got, err = lockByte(id); got {
			self.id = id
		}
	}
	return tree, err
}
