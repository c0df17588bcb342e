package executor

import (
	"cmp"
	"math"
	"time"
)

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
