package executor

// Stats returns what the pool does at this moment, in the same form as
// [ThreadPool.Stats]. Workers that start up count as workers that are not idle.
func (p *ProcessPool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{
		Name:       p.cfg.Name,
		MaxWorkers: p.cfg.Workers,
		Workers:    len(p.workers),
		Idle:       len(p.idle),
		Queued:     p.queue.len() + len(p.returned),
		WaitingFor: p.room.len(),
	}
	for _, w := range p.workers {
		running := false
		for _, f := range w.flights {
			if f.call == nil || f.call.job == nil {
				continue
			}
			if running {
				s.Queued++ // sent ahead
			} else {
				running = true
				s.Running++
			}
		}
	}
	p.meter.snapshot(&s)
	return s
}

// Running returns the calls that run at this moment, the longest first. Those that
// were sent to a worker and that it has not begun are not among them.
func (p *ProcessPool) Running() []RunningJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.runningLocked()
}
