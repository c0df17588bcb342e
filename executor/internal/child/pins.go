package child

import (
	"bytes"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

// pins keep objects alive to which a result refers: the parent asks for
// them when it decodes the result, and by then the work has returned and may have
// left nothing behind that holds them. A result tells by its bytes: a reference to
// an object of this process contains this process's id.
type pins struct {
	mu      sync.Mutex
	release map[uint64][]func() // by call; guarded by mu
}

// pin holds the objects in the encoded result of a call until unpin. It reports
// whether there are any.
func (p *pins) pin(id uint64, result []byte) bool {
	if len(result) < handoff.RefSize {
		return false
	}
	var release []func()
	const half = handoff.RefSize / 2 // the object's id, then the sender's
	for at := half; ; {
		i := bytes.Index(result[at:], handoff.Self[:])
		if i < 0 {
			break
		}
		at += i
		if _, done, err := handoff.Open(handoff.ID(result[at-half : at])); err == nil {
			release = append(release, done)
		}
		at += half
		if at > len(result) {
			break
		}
	}
	if release == nil {
		return false
	}
	p.mu.Lock()
	if p.release == nil {
		p.release = make(map[uint64][]func())
	}
	p.release[id] = release
	p.mu.Unlock()
	return true
}

// unpin lets go of the objects of a call.
func (p *pins) unpin(id uint64) {
	p.mu.Lock()
	release := p.release[id]
	delete(p.release, id)
	p.mu.Unlock()
	for _, done := range release {
		done()
	}
}
