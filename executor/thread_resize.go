package executor

import (
	"slices"
	"time"
)

// Resize changes the number of jobs that run at the same time at most. With more,
// queued jobs begin at once; with fewer, idle workers leave at once and others when
// their job has ended. It does not wait for that. It may be called repeatedly: the
// last call counts. During a Shutdown it does the same; after it, or on a broken pool,
// it changes nothing but what Stats says, and returns nil. Less than 1 is a
// [*ConfigError]. Python's pools cannot be resized.
func (p *ThreadPool) Resize(workers int) error {
	if workers < 1 {
		return &ConfigError{"workers", workers, "give a positive number"}
	}
	p.mu.Lock()
	p.cfg.Workers = workers
	started := p.growLocked()
	surplus := min(max(0, len(p.workers)-workers), len(p.idle))
	leaving := slices.Clone(p.idle[:surplus])
	p.idle = slices.Delete(p.idle, 0, surplus)
	p.mu.Unlock()
	wakeAll(slices.Concat(started, leaving))
	return nil
}

// watchWaitLocked arranges for a look at the queue when a job has waited in it
// for as long as is worth a warning.
func (p *ThreadPool) watchWaitLocked() {
	if p.cfg.WarnAfter != 0 {
		p.watch.after(p.cfg.WarnAfter, p.warnOfWaiting)
	}
}

// warnOfWaiting logs that jobs wait, with what keeps the workers, and looks again
// as long as there is a queue.
func (p *ThreadPool) warnOfWaiting() {
	p.mu.Lock()
	p.watch.rang()
	job := p.queue.first()
	if job == nil {
		p.mu.Unlock()
		return
	}
	waited := time.Duration(sinceEpoch() - p.queue.Oldest())
	if waited < p.cfg.WarnAfter {
		p.watch.after(p.cfg.WarnAfter-waited, p.warnOfWaiting)
		p.mu.Unlock()
		return
	}
	running := p.runningLocked()
	queued := p.queue.Len()
	p.watchWaitLocked()
	p.mu.Unlock()
	longest := ""
	if len(running) > 0 {
		longest = running[0].Function + " for " + running[0].For.Round(time.Millisecond).String()
	}
	p.observer.warn().Warn("executor: jobs wait long for a worker: raise Workers, or look at what runs",
		KeyPool, p.cfg.Name, KeyQueued, queued, KeyNext, job.Name(), KeyWaited, waited, KeyRunning, len(running), KeyLongest, longest)
}
