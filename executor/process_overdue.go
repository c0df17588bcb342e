package executor

import "log/slog"

// runningJobs returns the calls that run, for the report of a shutdown that waits for them.
func (p *ProcessPool) runningJobs() []overdueJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []overdueJob
	for _, w := range p.workers {
		for _, f := range w.flights {
			if f.call == nil || f.call.job == nil {
				continue
			}
			if w.state != workerDead && !w.child.Claims.Untouched(f.id) {
				list = append(list, overdueJob{job: f.call.job, worker: w.name(), pid: w.child.PID, ran: w.ranFor()})
			}
			break // those behind it have not begun
		}
	}
	return list
}

func (p *ProcessPool) log() *slog.Logger { return p.cfg.Logger }
