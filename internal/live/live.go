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

func newTree() (tree [8]byte) {
	_, _ = rand.Read(tree[:])
	return tree
}
