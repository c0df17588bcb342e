package sched

// Waking a worker that sleeps costs the parent several microseconds, and the worker the
// CPU that another process could use. For calls that take less than that it is in
// vain: the parent needs about as long to send a call and to settle it as a worker to
// run it, so one or two workers that are awake keep up with all that it can send. The
// others are left asleep, until a worker that is awake falls behind: then it is not
// short calls that it has, and what waits goes to the idle ones.

// enough reports whether the workers that are at work run calls of this kind as fast
// as the parent can send them. BenchmarkProcessPipelined of the package executor, with
// four workers, shows its worth.
func (s *Scheduler[C, W]) enough(c *Costs) bool {
	if !c.known || s.cfg.Prefetch < 0 || s.cfg.MaxPending > 0 || s.closing {
		return false // nothing may wait while a worker is idle
	}
	need := c.run + runCost
	for _, w := range s.workers {
		if s.keepsUp(w) {
			if need -= sendCost; need <= 0 {
				return true
			}
		}
	}
	return false
}

// keepsUp reports whether w is at work, on nothing but short calls as far as is known.
func (s *Scheduler[C, W]) keepsUp(w *Worker[C, W]) bool {
	return w.load > 0 && !w.late && !w.occupied && w.state == ready && s.mayTake(w) &&
		w.ahead <= aheadFor && w.Head().Call.Costs.known
}
