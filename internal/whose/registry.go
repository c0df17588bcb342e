package whose

import (
	"maps"
	"sync"
	"sync/atomic"
)

// A registry maps a goroutine's id to its Provider. Every goroutine that belongs to no
// loop asks it before it waits, and nearly always in vain: that costs one load, because
// the ids are spread over many small maps, and one that is empty says so without a lock.
// A million coroutines are in it, too: in a sync.Map each took three objects there and
// a hundred bytes.
//
// A goroutine looks for its own id only, so what it finds it has itself put there.
type registry [registryParts]registryPart

const registryParts = 256 // ids count up, so the low bits spread them evenly

type registryPart struct {
	n  atomic.Int32 // len(of), to be read without mu
	mu sync.RWMutex // guards what follows
	of map[int64]Provider

	most int      // entries that of has had
	_    [16]byte // parts that different processors use share no cache line
}

func (r *registry) part(id int64) *registryPart { return &r[uint64(id)%registryParts] }

func (r *registry) load(id int64) (Provider, bool) {
	p := r.part(id)
	if p.n.Load() == 0 {
		return nil, false
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	provider, ok := p.of[id]
	return provider, ok
}

func (r *registry) store(id int64, provider Provider) {
	p := r.part(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = make(map[int64]Provider)
	}
	p.of[id] = provider
	p.most = max(p.most, len(p.of))
	p.n.Store(int32(len(p.of)))
}

func (r *registry) delete(id int64) {
	p := r.part(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, id)
	p.n.Store(int32(len(p.of)))
	switch n := len(p.of); {
	case n == 0:
		p.of, p.most = nil, 0 // a map never shrinks
	case p.most > smallPart && n <= p.most/8:
		of := make(map[int64]Provider, n)
		maps.Copy(of, p.of)
		p.of, p.most = of, n
	}
}

// smallPart is how many entries a part may have had without a thought of what they leave behind.
const smallPart = 64
