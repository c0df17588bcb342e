package natsexec

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// onResults takes what a node says about calls. Results get a receipt, and are sent again
// until they have it; reports do not.
func (p *Pool) onResults(m *nats.Msg) {
	var all resultsMsg
	if err := decode(m.Data, &all); err != nil {
		p.garbage(m, err)
		return
	}
	var taken takenMsg
	for _, r := range all.Calls {
		if r.Kind != kindProgress && r.Kind != kindStored {
			taken.Calls = append(taken.Calls, r.Call)
		}
	}
	if len(taken.Calls) > 0 {
		p.addReceipt(all.Calls[0].Node, m, taken.Calls)
	}
	p.noteOffer(&all)
	for _, r := range all.Calls {
		p.onResult(r)
	}
}

// onResult takes what a node says about a call, in its order.
func (p *Pool) onResult(r *resultMsg) {
	if r.Kind == kindProgress {
		p.mu.Lock()
		c := p.holdsLocked(r)
		if c != nil {
			c.granted = false
		}
		p.mu.Unlock()
		if c != nil {
			p.results.post(func() { p.report(c, r.Body) })
		}
		return
	}
	if r.Kind == kindStored {
		p.mu.Lock()
		c := p.active[r.Call.ID]
		p.mu.Unlock()
		if c != nil && c.durable {
			go p.collect(c)
		}
		return
	}
	c := p.landing(r)
	switch {
	case c == nil:
		go p.dropBlob(r.Object) // it comes late, or again
	case r.Object != "":
		go p.fetch(c, r)
	default:
		p.results.post(func() { p.land(c, r) })
	}
}

// landing returns the call that a result settles, nil if there is none. From then on
// nothing else settles it.
func (p *Pool) landing(r *resultMsg) *call {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.holdsLocked(r)
	if c == nil {
		return nil
	}
	if r.Kind == kindReturned && c.canceled == nil {
		c.node.drop(c, p)
		p.queueAgainLocked(c)
		return nil
	}
	if r.Kind == kindCrash && c.canceled == nil && p.cfg.Retry > 0 {
		p.lostLocked(c, r.Crash.err(c.node.name))
		return nil
	}
	c.state = callSettling
	return c
}

// holdsLocked returns the running call of which r tells, if its node is the one that may.
func (p *Pool) holdsLocked(r *resultMsg) *call {
	c := p.active[r.Call.ID]
	if c == nil || c.state != callRunning || c.attempt != r.Call.Attempt || c.node.id != r.Node {
		return nil
	}
	return c
}

// fetch gets a large result. The call counts as running until it is there.
func (p *Pool) fetch(c *call, r *resultMsg) {
	b, err := p.getBlob(context.Background(), r.Object)
	p.dropBlob(r.Object)
	if err != nil {
		p.results.post(func() { p.settle(c, func() { c.job.Fail(err) }) })
		return
	}
	r.Body = b
	p.results.post(func() { p.land(c, r) })
}

func (p *Pool) land(c *call, r *resultMsg) {
	name := c.node.name
	p.settle(c, func() {
		switch r.Kind {
		case kindResult:
			p.count(c, nil)
			_ = c.job.Resolve(r.Body) // the error is the future's
		case kindError:
			c.job.Fail(p.counted(c, executor.DecodeRemoteError(r.Body)))
		case kindReturned:
			c.job.Fail(p.counted(c, c.canceled))
		case kindCrash:
			c.job.Fail(p.counted(c, r.Crash.err(name)))
		}
	})
}

func (p *Pool) counted(c *call, err error) error {
	p.count(c, err)
	return err
}

// settle settles a call by fn and forgets it then: a caller that waits for the shutdown finds
// every future settled. Callbacks may end the goroutine.
func (p *Pool) settle(c *call, fn func()) {
	defer p.forget(c)
	fn()
}

func (p *Pool) report(c *call, report []byte) {
	if err := c.job.Report(report); err != nil {
		p.cfg.Logger.Warn("natsexec: a progress report was lost", "function", c.function, "error", err)
	}
}

// garbage notes what cannot be read. It is logged once: its sender may send more.
func (p *Pool) garbage(m *nats.Msg, err error) { p.link.garbage(m.Subject, err) }

// lostError is the outcome of a call whose node was lost.
func lostError(c *call, name, why string) *executor.CrashError {
	return &executor.CrashError{Node: name, Worker: name, ExitCode: -1, Function: c.function, Ran: time.Since(c.claimed), Err: errors.New(why)}
}
