package executor

import (
	"cmp"
	"math"
	"slices"
	"time"
)

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
	p.reconcileLocked()
	p.feedLocked()
	if p.room.len() > 0 {
		p.reconcileLocked() // what was fed made room
	}
}

// fullLocked reports whether there is no place for another pending call. One
// that will be the first of a worker that starts up, or may be started, does not
// count. After Resize there may be more workers than the limit for a while.
func (p *ProcessPool) fullLocked() bool {
	coming := p.starting + max(0, p.cfg.Workers-len(p.workers))
	return p.cfg.MaxPending > 0 && p.queue.len()-coming >= p.cfg.MaxPending
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
	p.queue.remove(j)
	p.reconcileLocked()
}

// returnLocked puts started calls back among those that wait for a worker: each
// behind what has a higher priority, and before what was submitted after it.
// Workers give back what they have in any order.
func (p *ProcessPool) returnLocked(calls ...*processCall) {
	// One whose outcome is decided, as that of all is when the pool breaks, waits
	// for nothing.
	calls = slices.DeleteFunc(calls, func(c *processCall) bool { return c.settled })
	if len(calls) == 0 {
		return
	}
	for _, c := range calls {
		if c.timer != nil && c.canceled == nil {
			c.timer.Stop() // its time begins anew elsewhere
			c.timer = nil
		}
	}
	p.returned = append(calls, p.returned...)
	slices.SortFunc(p.returned, func(a, b *processCall) int {
		return cmp.Or(cmp.Compare(b.job.priority, a.job.priority), cmp.Compare(a.job.id, b.job.id))
	})
	p.watchWaitLocked()
}

// returnedFirstLocked reports whether the next call is one that was taken back. It
// is, unless the queue has one of a higher priority: what was taken back was
// accepted earlier.
func (p *ProcessPool) returnedFirstLocked() bool {
	if len(p.returned) == 0 {
		return false
	}
	job := p.queue.first()
	return job == nil || job.priority <= p.returned[0].job.priority
}

// watchWaitLocked arranges for a look at the calls that wait when one of them has
// waited for as long as is worth a warning.
func (p *ProcessPool) watchWaitLocked() {
	if p.cfg.WarnAfter == 0 || p.watching {
		return
	}
	p.watchInLocked(p.cfg.WarnAfter)
}

func (p *ProcessPool) watchInLocked(d time.Duration) {
	p.watching = true
	if p.watch == nil {
		p.watch = time.AfterFunc(d, p.warnOfWaiting)
		return
	}
	p.watch.Reset(d)
}

// warnOfWaiting logs that calls wait, with what keeps the workers, and looks again
// as long as any do.
func (p *ProcessPool) warnOfWaiting() {
	p.mu.Lock()
	p.watching = false
	next, since := p.waitingLocked()
	if next == nil {
		p.mu.Unlock()
		return
	}
	waited := time.Duration(sinceEpoch() - since)
	if waited < p.cfg.WarnAfter {
		p.watchInLocked(p.cfg.WarnAfter - waited)
		p.mu.Unlock()
		return
	}
	running := p.runningLocked()
	queued, starting := p.queue.len()+len(p.returned), p.starting
	p.watchWaitLocked()
	p.mu.Unlock()
	longest, pid := "", 0
	if len(running) > 0 {
		longest, pid = running[0].Function+" for "+running[0].For.Round(time.Millisecond).String(), running[0].PID
	}
	p.cfg.Logger.Warn("executor: calls wait long for a worker process: raise Workers, or look at what runs",
		"pool", p.cfg.Name, "queued", queued, "next", next.Name(), "waited", waited, "starting", starting, "running", len(running), "longest", longest, "pid", pid)
}

// waitingLocked returns the next of the calls that wait, nil if there is none, and
// since when the oldest does.
func (p *ProcessPool) waitingLocked() (next *Job, since int64) {
	since = math.MaxInt64
	if p.queue.len() > 0 {
		next, since = p.queue.first(), p.queue.oldest()
	}
	if p.returnedFirstLocked() {
		next = p.returned[0].job
	}
	for _, call := range p.returned {
		since = min(since, cmp.Or(call.retried, call.job.submitted))
	}
	return next, since
}
