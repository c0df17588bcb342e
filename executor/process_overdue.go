package executor

import "log/slog"

// runningJobs returns the calls that run, for the report of a shutdown that waits for them.
func (p *ProcessPool) runningJobs() []overdueJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []overdueJob
	for _, sw := range p.sched.Workers() {
		w := sw.Of
		for _, f := range w.Flights() {
			job := jobOf(f.Call)
			if job == nil {
				continue
			}
			if !w.child.Claims.Untouched(f.ID) {
				list = append(list, overdueJob{job: job, worker: w.name(), pid: w.child.PID, ran: w.ranFor()})
			}
			break // those behind it have not begun
		}
	}
	return list
}

func (p *ProcessPool) log() *slog.Logger { return p.cfg.Logger }
