package child

import (
	"sync"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

// pins keep objects alive to which a result or a report refers: the parent asks for
// them when it decodes it, and by then the work has returned and may have left nothing
// behind that holds them. The parent's Release says that it has what it wants.
type pins struct {
	calls atomic.Int64 // with something held

	mu   sync.Mutex
	held map[uint64][]*handoff.Held // by call; guarded by mu
}

// pin holds what an encoded value refers to, until unpin of the call.
func (p *pins) pin(id uint64, value []byte) {
	h := handoff.Hold(value)
	if h == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		p.held = make(map[uint64][]*handoff.Held)
	}
	p.held[id] = append(p.held[id], h)
	p.calls.Store(int64(len(p.held)))
}

// has reports whether something is held for a call.
func (p *pins) has(id uint64) bool {
	if p.calls.Load() == 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held[id] != nil
}

// unpin lets go of the objects of a call.
func (p *pins) unpin(id uint64) {
	p.mu.Lock()
	held := p.held[id]
	delete(p.held, id)
	p.calls.Store(int64(len(p.held)))
	p.mu.Unlock()
	for _, h := range held {
		h.Release()
	}
}
