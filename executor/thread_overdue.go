package executor

import "time"

// runningJobs returns the jobs that run, for the report of a shutdown that waits for them.
func (p *ThreadPool) runningJobs() []overdueJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := sinceEpoch()
	var list []overdueJob
	for w := range p.workers {
		if j := w.job; j != nil {
			list = append(list, overdueJob{
				job:       j,
				worker:    w.state.Name(),
				goroutine: w.goroutine.Load(),
				ran:       max(0, time.Duration(now-max(w.began.Load(), j.place.Since))),
			})
		}
	}
	return list
}
