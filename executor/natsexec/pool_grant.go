package natsexec

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Grants: a node that has a free worker says so in the message with its results. The next
// call is then given to it while the call itself goes through the queue, and it need not
// ask. From the grant on the call is that node's, as after a claim:
//
//	            grant                 delivered to it, or it claims
//	queued ───────────────► granted ──────────────────────────────► running
//	   ▲                       │
//	   └───────────────────────┘
//	   asked back: another node claims it, or nothing was heard of it for a
//	   moment; and when the server says that the node is not connected
//
// A node that is asked for a call which it does not have refuses it from then on, before it
// answers. So the call is never in two places: the next attempt has another number.

// An offer says how many calls a node would begin at once.
type offer struct {
	name  string
	to    string // where the node is given calls
	spare int
	at    time.Time
}

// offerFor is how long an offer counts: others have got the same one.
const offerFor = 50 * time.Millisecond

// noteOffer notes what a node has said with its results.
func (p *Pool) noteOffer(m *resultsMsg) {
	if len(m.Calls) == 0 {
		return
	}
	node := m.Calls[0].Node
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.Spare > 0 {
		p.offers[node] = &offer{m.Name, m.To, m.Spare, time.Now()}
	} else {
		delete(p.offers, node)
	}
}

// offerLocked returns the offer of a node, nil if there is none.
func (p *Pool) offerLocked(now time.Time) (node string, o *offer) {
	for id, o := range p.offers {
		switch {
		case now.Sub(o.at) > offerFor:
			delete(p.offers, id)
		case o.spare > 0:
			return id, o
		}
	}
	return "", nil
}

// grant gives a call that is to be published to a node with a free worker, if there is one
// and no other call waits.
func (p *Pool) grant(c *call) {
	if c.durable || len(c.arg) > maxInline || c.job.Priority() != 0 {
		return
	}
	p.mu.Lock()
	node, o := p.offerLocked(time.Now())
	if o == nil || p.queued != 1 || p.active[c.id] != c || c.state != callQueued {
		p.mu.Unlock()
		return
	}
	o.spare--
	c.state = callStarting
	p.mu.Unlock()
	v := p.begin(c, node, o.name, o.to)
	if !v.Run {
		return
	}
	// Before the call, on the same connection: it is there first.
	_ = p.nc.PublishRequest(inboxPrefix+o.to+grantSuffix, p.cfg.subject("ungranted."+p.id+"."+c.id),
		encode(&grantMsg{From: p.id, Call: ref{c.id, 1}, Left: v.Left}))
}

// askBack asks a node for a call that it does not seem to have.
func (p *Pool) askBack(to string, r ref) {
	_ = p.nc.Publish(inboxPrefix+to+grantSuffix, encode(&grantMsg{From: p.id, Call: r, Back: true}))
}

// unheardLocked returns which granted calls have to be asked for.
func (p *Pool) unheardLocked(now time.Time) (back []*call) {
	for _, n := range p.nodes {
		for _, c := range n.calls {
			if c.granted && c.state == callRunning && now.Sub(c.claimed) > p.look() {
				back = append(back, c)
			}
		}
	}
	return back
}

// lookAfterGrants asks for calls of which nothing was heard since they were granted: another
// call has taken the worker, or the queue did not get them.
func (p *Pool) lookAfterGrants(now time.Time) {
	type place struct {
		to  string
		ref ref
	}
	if !p.connected() {
		return
	}
	p.mu.Lock()
	var back []place
	for _, c := range p.unheardLocked(now) {
		back = append(back, place{c.node.to, ref{c.id, c.attempt}})
	}
	p.mu.Unlock()
	for _, b := range back {
		p.askBack(b.to, b.ref)
	}
}

// onUngranted is told by the server that a node is not connected to which a call was granted.
func (p *Pool) onUngranted(m *nats.Msg) {
	if !noResponders(m) {
		return
	}
	id := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.active[id]
	if c == nil || !c.granted || c.state != callRunning || c.attempt != 1 {
		return
	}
	delete(p.offers, c.node.id)
	c.node.drop(c, p)
	p.queueAgainLocked(c)
}
