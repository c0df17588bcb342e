package natsexec

import (
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// watch looks after what is not told: nodes that fall silent, and what has to be sent
// again.
func (p *Pool) watch() {
	tick := time.NewTicker(p.look())
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
		}
		now := time.Now()
		p.lookAfter(now, p.listened(last, now))
		p.lookAfterGrants(now)
		last = now
		p.sendReceipts("")
		p.republish()
		p.warn(now)
		p.collectAll(now)
	}
}

// look is how often the pool looks after its nodes.
func (p *Pool) look() time.Duration { return p.cfg.beat() / 2 }

// listened is how long this process has listened between two looks. One that was stopped, or
// is late, heard no node meanwhile.
func (p *Pool) listened(last, now time.Time) time.Duration { return min(now.Sub(last), 4*p.look()) }

// heard notes a sign of life.
func (n *node) heard(now time.Time) { n.seen, n.silent = now, 0 }

// lookAfter gives up nodes that are silent. passed is how long this process has listened since
// the last time.
func (p *Pool) lookAfter(now time.Time, passed time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.connected() {
		p.grace = now.Add(3 * p.cfg.LostAfter)
		return
	}
	if p.away {
		p.away = false
		p.resend = p.resend[:0]
		for _, c := range p.active {
			if c.state == callQueued && (c.object != "" || len(c.arg) <= maxInline) {
				p.resend = append(p.resend, c)
			}
		}
	}
	if now.Before(p.grace) {
		return
	}
	for _, n := range p.nodes {
		n.silent += passed
		for _, c := range n.calls {
			switch {
			case c.state != callRunning:
			case n.silent > p.cfg.LostAfter:
				p.lostLocked(c, lostError(c, n.name, fmt.Sprintf("it was last seen %v ago", now.Sub(n.seen).Round(time.Millisecond))))
			case c.missing >= 3:
				p.lostLocked(c, lostError(c, n.name, "it is there and does not have the call any more"))
			}
		}
	}
}

// lostLocked decides what becomes of a call that its worker or node took with it.
func (p *Pool) lostLocked(c *call, crash *executor.CrashError) {
	if c.node != nil {
		p.cfg.Logger.Warn("natsexec: a call was lost", "function", c.function, "node", c.node.name, "attempt", c.deaths+1, "error", crash)
		c.node.drop(c, p)
	}
	c.deaths++
	var err error = crash
	switch {
	case c.canceled != nil:
		err = c.canceled
	case c.deaths <= p.cfg.Retry:
		p.queueAgainLocked(c)
		return
	case p.cfg.Retry > 0:
		err = &executor.PoisonError{Function: c.function, Attempts: c.deaths, Err: crash}
	}
	c.state = callSettling
	p.results.post(func() { p.settle(c, func() { c.job.Fail(p.counted(c, err)) }) })
}

// queueAgainLocked sends a call that ran, or was to run, to the queue once more; unless it is
// to end, for then nothing else would see to it.
func (p *Pool) queueAgainLocked(c *call) {
	c.granted = false
	if c.canceled == nil {
		c.canceled = c.overdue
	}
	if err := c.canceled; err != nil {
		c.state = callSettling
		p.results.post(func() { p.settle(c, func() { c.job.Fail(p.counted(c, err)) }) })
		return
	}
	c.attempt++
	c.state, c.seq = callQueued, 0
	p.queued++
	go p.publish(c)
}
