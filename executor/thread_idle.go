package executor

import "slices"

// ticks is how many times within IdleTimeout the idle workers are looked at. What a
// worker notes when it becomes idle is the number of the last tick: to look at the clock would be
// a tenth of a short call.
const ticks = 8

// isIdleLocked notes since when w, which was put on the stack, is idle.
func (p *ThreadPool) isIdleLocked(w *threadWorker) {
	if p.cfg.IdleTimeout == 0 {
		return
	}
	w.since = p.ticked
	p.tickLocked()
}

// tickLocked arranges for the next tick.
func (p *ThreadPool) tickLocked() { p.tick.after(max(p.cfg.IdleTimeout/ticks, 1), p.reap) }

// reap sends the workers away that have been idle for too long. They are at the
// bottom of the stack, the longest idle first. Without any idle worker there are no ticks.
func (p *ThreadPool) reap() {
	p.mu.Lock()
	p.tick.rang()
	p.ticked++
	n := 0
	for n < len(p.idle) && p.ticked-p.idle[n].since > ticks { // one more, for the first may have been a moment
		n++
	}
	leaving := slices.Clone(p.idle[:n])
	p.idle = slices.Delete(p.idle, 0, n)
	if len(p.idle) > 0 {
		p.tickLocked()
	}
	p.mu.Unlock()
	wakeAll(leaving) // without a job: leave
}
