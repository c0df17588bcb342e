package executor

import (
	"cmp"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/sched"
	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
)

// look shows the pool and its workers. What takes a system call, the size of a worker, it
// asks for without the mutex.
func (p *ProcessPool) look() sight.Pool {
	stats := p.Stats()
	seen := stats.look()
	seen.Kind = "process"
	p.mu.Lock()
	seen.State, seen.Crashes, seen.Recycled = p.phase.String(), p.crashes, p.recycled
	broken := p.broken
	workers := slices.Clone(p.sched.Workers())
	slices.SortFunc(workers, func(a, b *sched.Worker[Job, processWorker]) int { return cmp.Compare(a.Of.id, b.Of.id) })
	seen.Workers = make([]sight.Worker, len(workers))
	children := make([]*proc.Child, len(workers))
	for i, sw := range workers {
		seen.Workers[i], children[i] = sw.Of.lookLocked(), sw.Of.child
	}
	p.mu.Unlock()
	for i, child := range children {
		if child != nil {
			seen.Workers[i].RSS = child.RSS()
		}
	}
	if broken != nil {
		seen.Broken = message(broken)
	}
	seen.Errors = p.meter.errors.look()
	return seen
}

func (w *processWorker) lookLocked() sight.Worker {
	seen := sight.Worker{Name: w.name(), State: w.state.String(), Calls: w.Finished()}
	if w.child == nil {
		return seen
	}
	seen.PID, seen.Age = w.child.PID, time.Since(w.started)
	for _, f := range w.Flights() {
		job := jobOf(f.Call)
		switch {
		case job == nil:
		case seen.Call == "" && !w.child.Claims.Untouched(f.ID):
			seen.Call, seen.For = job.Name(), max(0, w.ranFor())
		default:
			seen.Ahead++
		}
	}
	if w.state == workerReady {
		seen.State = "idle"
		if seen.Call != "" || seen.Ahead > 0 {
			seen.State = "busy"
		}
	}
	return seen
}

func (s workerState) String() string {
	return [...]string{"starting", "initializing", "ready", "leaving", "dead"}[s]
}
