package executor

import (
	"cmp"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
)

// look shows the pool and its workers.
func (p *ThreadPool) look() sight.Pool {
	stats := p.Stats()
	seen := stats.look()
	seen.Kind = "thread"
	p.mu.Lock()
	broken := p.broken
	switch {
	case broken != nil:
		seen.State = "broken"
	case p.closed:
		seen.State = "closing"
	default:
		seen.State = "open"
	}
	workers := make([]*threadWorker, 0, len(p.workers))
	for w := range p.workers {
		workers = append(workers, w)
	}
	slices.SortFunc(workers, func(a, b *threadWorker) int { return cmp.Compare(a.state.id, b.state.id) })
	now := sinceEpoch()
	seen.Workers = make([]sight.Worker, len(workers))
	for i, w := range workers {
		s := sight.Worker{Name: w.state.Name(), ID: w.goroutine.Load(), State: "idle"}
		if j := w.job; j != nil {
			s.State, s.Call = "busy", j.Name()
			s.For = max(0, time.Duration(now-max(w.began.Load(), j.place.Since)))
		}
		seen.Workers[i] = s
	}
	p.mu.Unlock()
	if broken != nil {
		seen.Broken = message(broken)
	}
	seen.Errors = p.meter.errors.look()
	return seen
}
