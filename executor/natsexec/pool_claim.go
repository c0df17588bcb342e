package natsexec

import (
	"time"

	"github.com/nats-io/nats.go"
)

// Claims: a node that got a call from the queue asks its submitter before it runs it.
// So a call runs only if it is still wanted, not twice, and not without its submitter;
// and the submitter knows which node has it.

func (p *Pool) onClaim(m *nats.Msg) {
	var c claimMsg
	if err := decode(m.Data, &c); err != nil {
		p.garbage(m, err)
		return
	}
	p.claims.post(func() {
		v := &verdictMsg{make([]verdict, len(c.Calls))}
		for i, r := range c.Calls {
			v.Calls[i] = p.decide(&c, r)
		}
		p.sendReceipts(c.Node)
		_ = m.Respond(encode(v)) // if it is lost the node asks again
	})
}

func (p *Pool) decide(m *claimMsg, r ref) verdict {
	p.mu.Lock()
	c := p.active[r.ID]
	if c != nil && c.durable {
		p.mu.Unlock()
		p.durableBegan(c, m)
		return verdict{}
	}
	if c == nil || c.attempt != r.Attempt || c.state == callSettling {
		p.mu.Unlock()
		return verdict{}
	}
	if c.state == callRunning { // it asks again, or another one has it
		run, back, to := c.node.id == m.Node, c.granted, c.node.to
		if run {
			c.granted = false
		}
		p.mu.Unlock()
		if back && !run {
			p.askBack(to, r) // the queue has given it to this one
		}
		return p.verdict(c, run)
	}
	c.state = callStarting
	p.mu.Unlock()
	return p.begin(c, m.Node, m.Name, "")
}

// begin gives a call, which is callStarting, to a node, which has claimed it unless to says
// where it is to be told. Run is false if the call is not wanted any more.
func (p *Pool) begin(c *call, id, name, to string) verdict {
	p.mu.Lock()
	first := c.began.IsZero()
	p.mu.Unlock()
	started := !first || c.job.Start() // which may call code of the user
	deadline := p.verdict(c, true)

	now := time.Now()
	p.mu.Lock()
	p.queued--
	if !started {
		c.state = callSettling
		p.mu.Unlock()
		p.forget(c)
		return verdict{}
	}
	if first {
		c.began = now
		p.meter.began(now.Sub(c.job.Submitted()))
	}
	if cause := c.canceled; cause != nil { // in this instant
		c.state = callSettling
		p.mu.Unlock()
		p.results.post(func() { p.settle(c, func() { c.job.Fail(p.counted(c, cause)) }) })
		return verdict{}
	}
	n := p.nodes[id]
	if n == nil {
		n = &node{id: id, name: name, seen: now, calls: map[string]*call{}}
		p.nodes[id] = n
	}
	if to != "" {
		n.to = to
	} else {
		n.heard(now)
	}
	n.calls[c.id] = c
	p.claimed = now
	c.state, c.node, c.claimed, c.missing, c.granted = callRunning, n, now, 0, to != ""
	wake := p.admitWaitersLocked()
	p.mu.Unlock()
	wake()
	return deadline
}

func (p *Pool) verdict(c *call, run bool) verdict {
	if !run {
		return verdict{}
	}
	d, ok := c.job.Context().Deadline()
	return verdict{Run: true, Left: left(d, ok)}
}

// onBeat notes a node's sign of life and answers with the calls that are not wanted.
// It runs no code of the user, so that it is never late.
func (p *Pool) onBeat(m *nats.Msg) {
	var b beatMsg
	if err := decode(m.Data, &b); err != nil {
		p.garbage(m, err)
		return
	}
	var answer beatAnswer
	has := make(map[ref]bool, len(b.Calls))
	now := time.Now()
	p.mu.Lock()
	n := p.nodes[b.Node]
	for _, r := range b.Calls {
		has[r] = true
		c := p.active[r.ID]
		unwanted := c == nil || c.attempt != r.Attempt || c.canceled != nil || c.node != nil && c.node != n
		if unwanted {
			answer.Unwanted = append(answer.Unwanted, r)
		}
	}
	if n != nil {
		n.heard(now)
		for _, c := range n.calls {
			if has[ref{c.id, c.attempt}] {
				c.granted = false
			}
			if has[ref{c.id, c.attempt}] || now.Sub(c.claimed) < p.cfg.LostAfter {
				c.missing = 0
			} else {
				c.missing++
			}
		}
	}
	p.mu.Unlock()
	_ = m.Respond(encode(&answer))
}
