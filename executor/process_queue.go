package executor

// acceptLocked finds a worker or a place in the queue for job. Without an error,
// accepted is false when there is neither. expired is as in begin.
func (p *ProcessPool) acceptLocked(job *Job) (accepted, expired bool, err error) {
	if err := p.refusalLocked(); err != nil {
		return false, false, err
	}
	if w := p.takeIdleLocked(job); w != nil {
		return true, p.handOverLocked(w, job), nil
	}
	if p.fullLocked() {
		return false, false, nil
	}
	p.enqueueLocked(job)
	return true, false, nil
}

func (p *ProcessPool) enqueueLocked(job *Job) {
	p.queue.push(job)
	p.watchWaitLocked()
	p.growLocked()
	p.serveIdleLocked()
	p.feedLocked()
}

// fullLocked reports whether there is no place for another pending call. One
// that will be the first of a worker that starts up, or may be started, does not
// count. After Resize there may be more workers than the limit for a while.
func (p *ProcessPool) fullLocked() bool {
	coming := p.starting + max(0, p.cfg.Workers-len(p.workers))
	return p.cfg.MaxPending > 0 && p.queue.len() >= p.cfg.MaxPending+coming
}

// admitLocked fills the queue with the jobs of callers that wait for room.
func (p *ProcessPool) admitLocked() {
	for p.room.len() > 0 && !p.fullLocked() {
		p.queue.push(p.room.admit())
	}
}

// refusalLocked returns why the pool accepts nothing, or nil.
func (p *ProcessPool) refusalLocked() error {
	switch p.phase {
	case poolOpen:
		return nil
	case poolBroken:
		return p.brokenError()
	default:
		return ErrShutdown
	}
}

func (p *ProcessPool) brokenError() error { return &BrokenPoolError{Pool: p.cfg.Name, Err: p.broken} }

// dropJob takes a job that was called off out of the queue, so that it holds
// neither room nor memory there.
func (p *ProcessPool) dropJob(j *Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue.remove(j) {
		p.admitLocked()
	}
	p.sendHomeLocked()
	p.maybeDoneLocked()
}
