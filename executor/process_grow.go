package executor

import "time"

// growLocked starts workers for the calls that wait, as far as the limit and the
// back-off allow.
func (p *ProcessPool) growLocked() {
	for p.phase != poolBroken && len(p.workers) < p.cfg.Workers && p.starting < p.queue.len()+len(p.returned)-len(p.idle) {
		if !p.startLocked() {
			return
		}
	}
}

// replaceLocked starts a worker in the place of one that died, before there is a
// call for it: a pool that had four workers has four again.
func (p *ProcessPool) replaceLocked() {
	if p.phase == poolOpen && len(p.workers) < p.cfg.Workers {
		p.startLocked()
	}
}

// startLocked starts one worker, or arranges for growLocked to be called later
// and reports false.
func (p *ProcessPool) startLocked() bool {
	if wait := p.backoff.wait(); wait > 0 {
		if p.backoff.timer == nil {
			p.backoff.timer = time.AfterFunc(wait, p.growLater)
		}
		return false
	}
	w := p.newWorkerLocked()
	p.carrier.Go(w.run)
	return true
}

// growLater is growLocked after the back-off.
func (p *ProcessPool) growLater() {
	p.mu.Lock()
	p.backoff.timer = nil
	p.growLocked()
	p.announceLocked()
	p.mu.Unlock()
}

// A backoff delays the start of workers when those before died without having
// finished anything.
type backoff struct {
	deaths int // in a row
	last   time.Time
	timer  *time.Timer // of the next attempt, nil if there is none
}

const (
	freeDeaths = 2 // these are replaced at once
	firstPause = 10 * time.Millisecond
	longPause  = 500 * time.Millisecond
)

func (b *backoff) failed() {
	b.deaths++
	b.last = time.Now()
}

func (b *backoff) reset() { b.deaths = 0 }

// wait returns how long no worker may be started.
func (b *backoff) wait() time.Duration {
	if b.deaths <= freeDeaths {
		return 0
	}
	pause := min(longPause, firstPause<<min(b.deaths-freeDeaths-1, 10))
	return time.Until(b.last.Add(pause))
}
