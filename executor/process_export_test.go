package executor

// What tests look at from outside of the package.

// Waits returns how many calls of p wait in its queue, how many that were taken
// back from workers, and how many inside workers, behind the call that runs.
func (p *ProcessPool) Waits() (queued, returned, ahead int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.workers {
		ahead += max(0, w.load-1)
	}
	return p.queue.len(), len(p.returned), ahead
}

// Watching reports whether p will look for calls that wait for long.
func (p *ProcessPool) Watching() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.watching
}
