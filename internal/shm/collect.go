package shm

import (
	"runtime"
	"sync"
	"weak"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

// The collector sees neither the descriptors nor the memory of an object that has
// become unreachable, only a few hundred bytes of Go: it would come when there is no
// descriptor left. So it is called when there are many more objects, or bytes, than
// at the last time, which costs each object a fixed share of a collection.
var all = holdings{
	live: map[*parts]func() bool{},
}

// slackBytes is by how much the memory may grow before the collector is called. It
// is a guess; more than twice as much as there was is too much in any case. A worker
// process that has nothing to do, and so makes no garbage, looks earlier: others may
// need the memory.
const (
	slackBytes = 256 << 20
	idleBytes  = 16 << 20
)

type holdings struct {
	mu    sync.Mutex
	live  map[*parts]func() bool // reports whether the owner is unreachable; guarded by mu, as is everything
	late  []*parts               // their owner is, but not the call that may have a slice
	bytes int
	base  int                        // bytes after the last collection
	limit struct{ count, bytes int } // when to collect next

	collecting sync.Mutex // held by the one that collects; taken before mu
	collected  uint64     // how often that happened
}

// weakly returns what tells whether o is unreachable.
func weakly[T any](o *T) func() bool {
	p := weak.Make(o)
	return func() bool { return p.Value() == nil }
}

func (h *holdings) add(unreachable func() bool, p *parts) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.live[p] = unreachable
	p.size = p.data.size
	h.bytes += p.size
	if handoff.Call() != 0 && h.bytes-h.base >= idleBytes {
		handoff.WhenIdle(func() { go h.collect() })
	}
}

// retired takes note that the data of p takes no memory any more.
func (h *holdings) retired(p *parts) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bytes -= p.size
	p.size = 0
}

// drop frees p, whose owner is unreachable, unless that was done before.
func (h *holdings) drop(p *parts) {
	h.mu.Lock()
	_, there := h.live[p]
	if there {
		delete(h.live, p)
		h.bytes -= p.size
	}
	late := h.late
	h.late = nil
	h.mu.Unlock()
	if there {
		late = append(late, p)
	}
	h.free(late)
}

// free frees what it can of a list, and the rest when the call is over.
func (h *holdings) free(list []*parts) {
	var late []*parts
	for _, p := range list {
		if !p.free() {
			late = append(late, p)
		}
	}
	if late == nil {
		return
	}
	h.mu.Lock()
	h.late = append(h.late, late...)
	h.mu.Unlock()
	handoff.AfterCall(func() { go h.drop(nil) })
}

// makeRoom is called before an object is made: it collects if that is due.
func (h *holdings) makeRoom(bytes int) {
	h.mu.Lock()
	due := len(h.live) >= max(h.limit.count, slackObjects()) || h.bytes > max(h.limit.bytes, slackBytes)-bytes && h.bytes > 0
	h.mu.Unlock()
	if due {
		h.collect()
	}
}

// collect frees what belongs to unreachable owners, now. Of several that want it at
// one time, one does it for all.
func (h *holdings) collect() {
	h.mu.Lock()
	before := h.collected
	h.mu.Unlock()
	h.collecting.Lock()
	defer h.collecting.Unlock()
	h.mu.Lock()
	done := h.collected > before+1 // it began after we came
	h.mu.Unlock()
	if done {
		return
	}
	tidyAll()
	runtime.GC()
	h.mu.Lock()
	var dead []*parts
	for p, unreachable := range h.live {
		if unreachable() {
			dead = append(dead, p)
			delete(h.live, p)
			h.bytes -= p.size
		}
	}
	dead = append(dead, h.late...)
	h.late = nil
	h.limit.count = len(h.live) + slackObjects()
	h.base = h.bytes
	h.limit.bytes = h.bytes + max(h.bytes, slackBytes)
	h.collected++
	h.mu.Unlock()
	forgetDead()
	h.free(dead)
}
