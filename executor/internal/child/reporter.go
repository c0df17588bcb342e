package child

import (
	"sync"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A Reporter sends what a call reports while it runs. It travels in the call's
// context, as the value of [Program.ProgressKey].
type Reporter struct {
	server *server
	id     uint64

	phase atomic.Uint32 // of the call
	mu    sync.Mutex    // held while a report is sent, and when a call that was used ends
}

// use says that the call's context or its reporter is used. It reports false if
// the call has returned.
func (r *Reporter) use() bool {
	return r.phase.CompareAndSwap(unused, used) || r.phase.Load() == used
}

// Progress sends an encoded report of the call's progress. It reports false if the
// call is over. It waits while the channel to the parent is full.
func (r *Reporter) Progress(b []byte) bool {
	if r.server.program.MayRefer(b) {
		r.server.pins.pin(r.id, b)
	}
	return r.report(wire.Result{ID: r.id, Status: wire.ReportProgress, Body: b})
}

// report sends, unless the call is over: reports come before the result.
func (r *Reporter) report(m wire.Result) bool {
	if !r.use() {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.phase.Load() == finished {
		return false
	}
	r.server.send(m, nil)
	return true
}

func (r *Reporter) end() {
	r.mu.Lock()
	r.phase.Store(finished)
	r.mu.Unlock()
}
