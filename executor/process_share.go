package executor

// Waking a worker that sleeps costs this process several microseconds, and the
// worker the CPU that another process could use. For calls that take less than
// that it is in vain: this process needs about as long to send a call and to
// settle it as a worker to run it, so one or two workers that are awake keep up
// with all that it can send. The others are left asleep, until a worker that is
// awake falls behind: then it is not short calls that it has, and what waits goes
// to the idle ones.
const (
	feedCost  = 1200 // nanoseconds that this process takes for a call, about
	serveCost = 700  // nanoseconds that a worker takes for a call beside the function's own time
)

// enoughLocked reports whether the workers that are at work run calls of this
// kind as fast as this process can send them.
func (p *ProcessPool) enoughLocked(c *costs) bool {
	if !c.known || p.cfg.Prefetch < 0 || p.cfg.MaxPending > 0 || p.phase != poolOpen {
		return false // nothing may wait while a worker is idle
	}
	need := c.run + serveCost
	for _, w := range p.workers {
		if w.keepsUpLocked() {
			if need -= feedCost; need <= 0 {
				return true
			}
		}
	}
	return false
}

// keepsUpLocked reports whether w is at work, on nothing but short calls as far as
// is known.
func (w *processWorker) keepsUpLocked() bool {
	return w.load > 0 && !w.late && !w.streaming && w.state == workerReady && w.mayTakeLocked() &&
		w.ahead <= float64(prefetchFor) && w.headCallLocked().costs.known
}

// leaveAsleepLocked reports whether idle workers are better left alone, although a
// call waits.
func (p *ProcessPool) leaveAsleepLocked() bool {
	if p.returnedFirstLocked() {
		return p.enoughLocked(p.returned[0].costs)
	}
	return p.enoughLocked(p.queue.first().costs)
}

// feedLocked gives what waits to the workers that are at work, as far as they may
// have it.
func (p *ProcessPool) feedLocked() {
	for _, w := range p.workers {
		if p.queue.len() == 0 {
			return
		}
		if w.keepsUpLocked() && p.aheadLocked(w) {
			p.refillLocked(w)
		}
	}
}

// behindLocked notes that w takes longer than was expected, so that idle workers get
// what waits: it is not to be hoped that w comes to it soon. It is part of an event.
func (w *processWorker) behindLocked() {
	if !w.late {
		w.late = true
	}
}
