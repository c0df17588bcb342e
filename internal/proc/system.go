package proc

import (
	"os"
	"os/exec"

	"github.com/seed-1b9fde7b/asyncgo/internal/ring"
)

// What package proc needs of an operating system. Each build has one backend, which
// the variables below name. The native one is Linux's. The portable one is for all
// other systems; it also runs on Linux, under the build tag asyncgo_portable, so that
// it is tested by running.
//
// What a worker inherits is an *os.File in the parent and a number in the worker: the
// descriptor, or the handle on Windows.
type (
	// spawning starts workers.
	spawning interface {
		// supported returns why there can be none, nil if there can.
		supported() error
		// start starts a worker that ends when this process does. A program that
		// cannot be started anew is refused.
		start(cmd *exec.Cmd, inherited []*os.File) error
		// gone is told that a worker has been waited for.
		gone(pid int)
		// inherited returns what start has handed to this process, a worker.
		inherited() []uintptr
		// bind makes this process, a worker, end when its parent does.
		bind() error
	}

	// memory is the block of a channel.
	memory interface {
		create() (block []byte, inherited *os.File, err error)
		// open maps the block that this process has inherited.
		open(inherited uintptr) (block []byte, err error)
		release(block []byte)
	}

	// conns are the control sockets.
	conns interface {
		pair() (*Conn, *os.File, error)
		// open takes over the end that this process has inherited.
		open(inherited uintptr) (*Conn, error)
		// orphaned reports whether that is a control socket whose other end is
		// closed.
		orphaned(inherited uintptr) bool
	}

	// bells are for the rings of a channel, where there is no futex.
	bells interface {
		create() (ours bellPair, inherited []*os.File, err error)
		open(inherited []uintptr) (bellPair, error)
	}

	// states tells about processes.
	states interface {
		// stopped reports whether a process is stopped, as by SIGSTOP.
		stopped(pid int) bool
		// exiting reports whether a worker has begun to end.
		exiting(pid int) bool
		// rss returns the resident size of a process in bytes, 0 if it is unknown.
		rss(pid int) int64
	}
)

// A bellPair is what one process has of the bells of a channel.
type bellPair struct{ calls, results ring.Bell }
