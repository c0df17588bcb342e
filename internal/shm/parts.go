package shm

import (
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

// Parts are what the kernel holds for a segment, or for named memory, in this
// process. They are an object of their own because they are let go of when their
// owner is unreachable.
type parts struct {
	mu   sync.Mutex
	fd   int  // -1 once closed; guarded by mu
	slot int  // the control page, -1 without or once given back; guarded by mu
	data room // nothing if there is no data; guarded by mu, but for the addresses
	gone bool // the data is retired; guarded by mu
	size int  // of the data while it counts; guarded by all.mu

	sliced atomic.Uint64 // the call in which a slice was handed out, or always; 0 for never
}

// always marks data of which a slice was handed out outside of any call.
const always = math.MaxUint64

// slice notes that a slice of the data is handed out. The collector does not see
// slices, so the data must not go with its last handle unless that is closed. In a
// worker process it may: what a call has sliced it does not need when it is over.
func (p *parts) slice() {
	call := handoff.Call()
	if call == 0 {
		call = always
	}
	for {
		was := p.sliced.Load()
		if was >= call || p.sliced.CompareAndSwap(was, call) {
			return
		}
	}
}

// closeFile closes the descriptor.
func (p *parts) closeFile() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fd >= 0 {
		files.close(p.fd)
		p.fd = -1
	}
}

// retire lets go of the data; slices of it read as zeros from now on.
func (p *parts) retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.gone {
		p.gone = p.data.retire()
		all.retired(p)
	}
}

// dup returns a duplicate of the descriptor, which the caller owns.
func (p *parts) dup() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fd < 0 {
		return -1, handoff.ErrGone
	}
	fd, err := files.dup(p.fd)
	return fd, os.NewSyscallError("dup", err)
}

// reserve takes memory for the bytes of the file from one offset to another.
func (p *parts) reserve(from, to int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fd < 0 {
		return ErrClosed
	}
	return files.reserve(p.fd, from, to)
}

// free lets go of everything, once the owner is unreachable. It reports false if
// the call goes on that may have a slice of the data.
func (p *parts) free() bool {
	p.closeFile()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.slot >= 0 {
		controls.give(p.slot)
		p.slot = -1
	}
	if p.data.size == 0 {
		return true
	}
	switch sliced := p.sliced.Load(); {
	case p.gone:
		rooms.give(p.data)
	case sliced == 0:
		rooms.free(p.data)
	case sliced == always: // it stays as it is
	case sliced == handoff.Call():
		return false
	case p.data.retire():
		rooms.give(p.data)
	} // else it stays, which is safe
	p.data = room{}
	return true
}

// An owner is what is made of parts.
type owner interface{ Segment | Named }

// own makes p go when its owner is unreachable.
func own[T owner](o *T, p *parts) {
	runtime.AddCleanup(o, func(p *parts) { all.drop(p) }, p)
	all.add(weakly(o), p)
}
