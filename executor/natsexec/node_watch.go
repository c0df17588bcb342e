package natsexec

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// ErrOrphan is the reason for which a node ends a call whose submitter is gone.
var ErrOrphan = executor.RegisterError("natsexec.ErrOrphan", errors.New("natsexec: the submitter of the call is gone"))

// errUnwanted is the reason for which a node ends a call that its submitter gave up.
var errUnwanted = errors.New("natsexec: the submitter does not want the call any more")

// resendAfter is after which time a claim or a result is sent again that was not answered.
const resendAfter = time.Second

// beats sends signs of life. It does nothing else, for they must not be late.
func (n *Node) beats() {
	tick := time.NewTicker(n.cfg.beat())
	defer tick.Stop()
	for {
		select {
		case <-n.stop:
			return
		case now := <-tick.C:
			n.beat(now)
		}
	}
}

// watch sends again what was not answered.
func (n *Node) watch() {
	tick := time.NewTicker(n.cfg.beat())
	defer tick.Stop()
	for {
		select {
		case <-n.stop:
			return
		case now := <-tick.C:
			n.lookAfterCalls(now)
			n.lookAhead()
			n.sendAll()
		}
	}
}

// watchQueues looks after the queues, and for new ones. It has a goroutine of its own, for
// it waits for the server's answers, and that may vanish.
func (n *Node) watchQueues() {
	ctx, cancel := n.untilStop()
	defer cancel()
	tick := time.NewTicker(n.cfg.beat())
	defer tick.Stop()
	for round := 0; ; round++ {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			n.lookAfterQueues(ctx, now)
			if round%16 == 15 && n.connected() {
				n.findQueues(ctx)
			}
		}
	}
}

// untilStop returns a context that ends when the connection is about to be closed.
func (n *Node) untilStop() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-n.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// beat tells each submitter which of its calls this node has.
func (n *Node) beat(now time.Time) {
	n.mu.Lock()
	calls := map[string][]ref{}
	for k, h := range n.held {
		if h.call.Durable {
			continue
		}
		if len(calls[k.from]) < maxListed {
			calls[k.from] = append(calls[k.from], k.ref)
		}
	}
	for id, s := range n.submitters {
		if calls[id] == nil && now.Sub(s.heard) > 2*n.cfg.OrphanAfter {
			delete(n.submitters, id)
		}
	}
	keep := n.keepDurableLocked()
	n.mu.Unlock()
	for _, m := range keep {
		_ = m.InProgress()
	}
	for from, refs := range calls {
		b := encode(&beatMsg{Node: n.id, Name: n.name, Calls: refs})
		_ = n.nc.PublishRequest(n.cfg.subject("beat."+from), n.inbox+".beat."+from, b)
	}
}

func (n *Node) onBeatAnswer(m *nats.Msg) {
	var a beatAnswer
	from, ok := n.answer(m, &a)
	if !ok {
		return
	}
	for _, r := range a.Unwanted {
		n.end(key{from, r}, errUnwanted)
	}
}

// lookAfterCalls sends again what was not answered, and ends what has no submitter any more.
func (n *Node) lookAfterCalls(now time.Time) {
	var claims, results, orphans []*held
	n.mu.Lock()
	connected := n.connected()
	switch {
	case !connected && n.away.IsZero():
		n.away = now
	case connected && !n.away.IsZero(): // no submitter could be heard meanwhile
		n.away = time.Time{}
		for _, s := range n.submitters {
			s.heard = now
		}
	}
	for _, h := range n.held {
		switch {
		case h.call.Durable:
		case !connected:
			if now.Sub(n.away) > n.cfg.OrphanAfter || n.stopping && h.state == heldClaiming {
				orphans = append(orphans, h)
			}
		case now.Sub(n.submitterLocked(h.from).heard) > n.cfg.OrphanAfter:
			orphans = append(orphans, h)
		case now.Sub(h.sent) < resendAfter:
		case h.state == heldClaiming:
			h.sent = now
			claims = append(claims, h)
		case h.state == heldFinished && h.result != nil:
			h.sent = now
			results = append(results, h)
		}
	}
	n.forgetQuestionsLocked(now)
	n.forgetGrantsLocked(now)
	n.mu.Unlock()
	n.claimAgain(claims)
	for _, h := range results {
		n.put(h.from, h.result, false)
	}
	for _, h := range orphans {
		n.orphan(h)
	}
}

func (n *Node) orphan(h *held) {
	n.mu.Lock()
	state, r := h.state, h.result
	if state == heldClaiming || state == heldFinished && r != nil {
		_ = h.msg.Ack()
		n.dropLocked(h)
	}
	n.mu.Unlock()
	switch {
	case state == heldRunning:
		n.end(h.key, ErrOrphan)
	case r != nil && r.Object != "":
		go n.dropBlob(r.Object)
	}
}

// reconnected is called when the connection is there again: requests for calls are lost.
func (n *Node) reconnected() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.away = orDefault(n.away, time.Now())
	n.probing = -1
	for _, q := range n.queues {
		q.asked = 0
	}
	n.askLocked()
}
