package shm

import (
	"os"
	"sync/atomic"
	"time"
	"unsafe"
)

// What package shm needs of an operating system. Each build has one backend: the
// native one, which is Linux's, or the portable one, which is for all other systems
// and also runs on Linux, under the build tag asyncgo_portable, so that it is tested
// by running. The locks are the same in all. All but files is called directly, because it is called often; the
// interfaces say what there must be.
type (
	// segmentFiles are the files that segments are mapped from. A descriptor is a
	// handle on Windows.
	segmentFiles interface {
		// create makes a file for size bytes of data and takes the memory for the
		// first.
		create(size, first int) (fd int, err error)
		// check asks the system, not the sender, whether fd is a segment with size
		// bytes of data.
		check(fd, size int) error
		// reserve takes the memory from one offset to another, so that there is
		// an error now or none later.
		reserve(fd int, from, to int64) error
		// place says where the memory comes from.
		place() string
		// take takes the descriptor over from f.
		take(f *os.File) (fd int, err error)
		dup(fd int) (int, error)
		close(fd int)
	}

	// pages are the addresses of control pages.
	pages interface {
		take(fd int) (slot int, page unsafe.Pointer, err error)
		// give takes a page back that nothing can reach any more.
		give(slot int)
	}

	// places are the addresses of data.
	places interface {
		take(fd int, offset int64, size int) (room, error)
		// give takes the addresses of retired data back.
		give(m room)
		// free lets go of data of which no slice was ever handed out.
		free(m room)
	}

	// locking is a lock that survives its holder.
	locking interface {
		// grab takes the lock if it is free. A goroutine that slept passes
		// waitersBit, because it cannot know whether it was the only sleeper.
		grab(bit uint32) bool
		// attempt takes it also if its holder is dead.
		attempt(bit uint32) bool
		// Unlock releases it.
		Unlock() error
		// Ours reports whether this process holds it.
		Ours() bool
	}

	// waiting is to sleep on a word that processes share.
	waiting struct {
		wait func(word *atomic.Uint32, value uint32, d time.Duration)
		wake func(word *atomic.Uint32, n int) int
	}
)

var (
	_ pages   = &controls
	_ places  = &rooms
	_ locking = (*Lock)(nil)
	_         = waiting{FutexWait, FutexWake}
)
