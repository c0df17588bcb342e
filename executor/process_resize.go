package executor

import "slices"

// Resize changes the number of worker processes at most. With more, calls that
// wait get new workers at once, as far as workers that keep dying do not hold that
// up; with fewer, idle workers leave at once, and of the others those whose calls
// end first, until no more than the limit are left. What was sent ahead to a
// worker and has not begun is taken back then and goes to those that stay: no call
// is interrupted and none is lost.
//
// It does not wait for any of that. It may be called repeatedly, and during a
// Shutdown: the new limit holds for the calls that are still to be finished. On a
// pool that is done or broken it changes nothing but what Stats says. Less than 1
// is a [*ConfigError]. Python's pools cannot be resized.
func (p *ProcessPool) Resize(workers int) error {
	if workers < 1 {
		return &ConfigError{"workers", workers, "give a positive number"}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.Workers = workers
	if p.phase == poolBroken {
		return nil
	}
	for len(p.idle) > 0 && p.surplusLocked() {
		w := p.idle[0] // idle for the longest time
		p.idle = slices.Delete(p.idle, 0, 1)
		w.isIdle = false
		w.leaveLocked()
	}
	if p.surplusLocked() {
		p.disperseLocked()
	}
	p.admitLocked()
	p.growLocked()
	p.announceLocked()
	return nil
}

// surplusLocked reports whether there are more ready workers than there should
// be. Workers that come up do not count: if they are too many, they leave when
// they are ready, and a ready one whose call takes an hour must not send them all
// away beforehand.
func (p *ProcessPool) surplusLocked() bool {
	if len(p.workers) <= p.cfg.Workers {
		return false // as ever, but for a moment after Resize
	}
	ready := 0
	for _, w := range p.workers {
		if w.state == workerReady && !w.retiring {
			ready++
		}
	}
	return ready > p.cfg.Workers
}

// disperseLocked takes back from all busy workers what they have not begun: which
// of them leave is not known before their calls have ended.
func (p *ProcessPool) disperseLocked() {
	for _, w := range slices.Clone(p.workers) {
		if w.state != workerReady || w.load < 2 {
			continue
		}
		p.takeBackLocked(w)
		// As in recallLocked: its reader may sleep for long, and nobody
		// else would hear of the cancellation of what was taken back.
		w.watchLocked()
		w.kick()
	}
}
