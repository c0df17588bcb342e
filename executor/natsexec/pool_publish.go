package natsexec

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

const (
	maxUnacked     = 1 << 16          // calls on their way to the server
	publishTimeout = 10 * time.Second // after which it is tried again
	retryPublish   = 100 * time.Millisecond
)

// Header fields of a call's message, which tell of which call the server's answer is.
const (
	headerID      = "Asyncgo-Id"
	headerAttempt = "Asyncgo-Attempt"
)

// publish sends a call to the queue. It does not wait for the server's answer. The call
// may arrive twice, if the answer is lost: a node asks before it runs it.
func (p *Pool) publish(c *call) {
	p.mu.Lock()
	if p.active[c.id] != c || c.state != callQueued && !c.granted {
		p.mu.Unlock()
		return
	}
	priority := c.job.Priority()
	hint := !p.hinted[priority] && len(p.hinted) < maxQueues
	if hint {
		p.hinted[priority] = true
	}
	m := nats.NewMsg(c.subject)
	msg := &callMsg{From: p.id, ID: c.id, Attempt: c.attempt, Function: c.function, Object: c.object, Durable: c.durable, Timeout: c.timeout}
	if c.durable {
		msg.Retry = p.cfg.Retry
		m.Header.Set(nats.MsgIdHdr, c.id)
	}
	p.mu.Unlock()
	if msg.Object == "" {
		msg.Arg = c.arg
	}
	m.Data = encode(msg)
	m.Header.Set(headerID, c.id)
	m.Header.Set(headerAttempt, strconv.Itoa(msg.Attempt))
	if _, err := p.js.PublishMsgAsync(m); err != nil {
		p.publishAgain(c, err)
	}
	if hint {
		_ = p.nc.Publish(p.cfg.subject("more."+p.cfg.Build), []byte(strconv.Itoa(priority))) // nodes look by themselves, too
	}
}

// publishLarge stores the argument first.
func (p *Pool) publishLarge(c *call) {
	object, err := p.putBlob(c.job.Context(), c.arg)
	p.mu.Lock()
	c.object = object
	gone := p.active[c.id] != c
	p.mu.Unlock()
	switch {
	case gone:
		p.dropBlob(object)
	case err != nil:
		p.results.post(func() { p.fail(c, err) })
	default:
		p.publish(c)
	}
}

// fail settles a call that no node has with an error.
func (p *Pool) fail(c *call, err error) {
	p.mu.Lock()
	if p.active[c.id] != c || c.state != callQueued {
		p.mu.Unlock()
		return
	}
	p.queued--
	c.state = callSettling
	p.mu.Unlock()
	p.settle(c, func() { c.job.Fail(err) })
}

// sent returns the call to which an answer of the server belongs, if it still waits.
func (p *Pool) sentLocked(m *nats.Msg) *call {
	c := p.active[m.Header.Get(headerID)]
	if c == nil || m.Header.Get(headerAttempt) != strconv.Itoa(c.attempt) {
		return nil
	}
	return c
}

// published is told that the server has a call.
func (p *Pool) published(_ jetstream.JetStream, m *nats.Msg, ack *jetstream.PubAck) {
	p.mu.Lock()
	c := p.sentLocked(m)
	id := m.Header.Get(headerID)
	withdraw := c == nil && p.calledOff[id]
	delete(p.calledOff, id)
	if c != nil {
		c.seq = ack.Sequence
	}
	p.full = p.full && len(p.resend) > 0
	wake := p.admitWaitersLocked()
	p.mu.Unlock()
	wake()
	if c != nil && c.durable {
		_ = c.stored.SetResult(executor.None{}) // again, if it was sent again
		go p.collect(c)                         // the id may have been used before
	}
	if withdraw {
		p.withdraw(ack.Sequence) // it was called off meanwhile
	}
}

// notPublished is told that the server does not have a call, or that it is not known.
func (p *Pool) notPublished(_ jetstream.JetStream, m *nats.Msg, err error) {
	p.mu.Lock()
	c := p.sentLocked(m)
	delete(p.calledOff, m.Header.Get(headerID))
	p.mu.Unlock()
	if c != nil {
		p.publishAgain(c, err)
	}
}

// publishAgain arranges for another attempt. What was accepted is never refused later:
// while the server has no room it waits here, and new calls wait to be accepted.
func (p *Pool) publishAgain(c *call, err error) {
	if errors.Is(err, nats.ErrMaxPayload) {
		p.results.post(func() { p.fail(c, err) })
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.active[c.id] != c || c.state != callQueued {
		return
	}
	p.full = p.full || noRoom(err)
	p.resend = append(p.resend, c)
}

// noRoom reports whether the server refused a call for its limits.
func noRoom(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && slices.Contains([]jetstream.ErrorCode{codeStoreFailed, codeResources, codeStorage}, api.ErrorCode)
}

// Codes of the server's errors that say that something is full.
const (
	codeStoreFailed jetstream.ErrorCode = 10077 // maximum messages, or bytes, exceeded
	codeResources   jetstream.ErrorCode = 10023
	codeStorage     jetstream.ErrorCode = 10047
)

// republish sends what has to be sent again. While the server is full it tries with
// few: each answer lets more through.
func (p *Pool) republish() {
	p.mu.Lock()
	if len(p.resend) == 0 || time.Since(p.lastTry) < retryPublish || !p.connected() {
		p.mu.Unlock()
		return
	}
	p.lastTry = time.Now()
	again := p.resend
	p.resend = nil
	p.mu.Unlock()
	for _, c := range again {
		p.publish(c)
	}
}

// withdraw takes a call out of the queue that no node should see any more. If that
// fails, the node that gets it is told.
func (p *Pool) withdraw(seq uint64) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
		defer cancel()
		_ = p.calls.DeleteMsg(ctx, seq)
	}()
}

// reconnected is called when the connection was lost and is there again. What was
// published last may be lost, and so may be the whole queue, if the server kept it in
// memory: everything that waits is sent again, for a call that arrives twice does no
// harm. Nodes get time to come back, too.
func (p *Pool) reconnected() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grace = time.Now().Add(3 * p.cfg.LostAfter)
	p.away = true
}
