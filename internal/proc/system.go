package proc

import (
	"os/exec"

	"github.com/seed-1b9fde7b/asyncgo/internal/ring"
)

// What package proc needs of an operating system. Each build has one backend, which
// the variables below name. The native one is Linux's. The portable one is for all
// other systems; it also runs on Linux, under the build tag asyncgo_portable, so that
// it is tested by running.
//
// Windows, which has none of what the others have in common, has a backend of its own.
//
// What a worker inherits is a handle in the parent and a number in the worker: the
// descriptor, or what Windows calls a handle.
type (
	// spawning starts workers.
	spawning interface {
		// supported returns why there can be no workers, nil if there can.
		supported() error
		// start starts a worker that ends when this process does. A program that
		// cannot be started anew is refused.
		start(cmd *exec.Cmd, inherited []handle) error
		// gone is told that a worker has been waited for.
		gone(pid int)
		// inherited returns what start has handed to this process, a worker.
		inherited() []uintptr
		// bind makes this process, a worker, end when its parent does.
		bind() error
	}

	// memory is the block of a channel.
	memory interface {
		// supported returns why there can be none, nil if there can.
		supported() error
		create() (block []byte, inherited handle, err error)
		// open maps the block that this process has inherited.
		open(inherited uintptr) (block []byte, err error)
		release(block []byte)
	}

	// conns are the control sockets.
	conns interface {
		pair() (*Conn, handle, error)
		// open takes over the end that this process has inherited.
		open(inherited uintptr) (*Conn, error)
		// orphaned reports whether that is a control socket whose other end is
		// closed.
		orphaned(inherited uintptr) bool
	}

	// bells are for the rings of a channel, where there is no futex.
	bells interface {
		create() (ours bellPair, inherited []handle, err error)
		open(inherited []uintptr) (bellPair, error)
	}
)

// A bellPair is what one process has of the bells of a channel.
type bellPair struct{ calls, results ring.Bell }
