package natsexec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nuid"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// collectEvery is how often a durable call is looked after that no node tells of.
const collectEvery = 5 * time.Second

// makeDurable gives a call its id.
func (p *Pool) makeDurable(ctx context.Context, c *call) error {
	id, ok := ctx.Value(idKey{}).(string)
	if !ok {
		id = nuid.Next()
	}
	if !validToken(id) {
		return badID(id)
	}
	c.durable, c.id, c.stored = true, id, future.New[executor.None]()
	d, ok := ctx.Deadline()
	c.timeout = left(d, ok)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.active[id] != nil {
		return fmt.Errorf("natsexec: this pool waits for the durable call %q already: use natsexec.Result", id)
	}
	return nil
}

// awaitStored waits until the server has a durable call. If ctx ends before, the call is
// called off.
func (p *Pool) awaitStored(ctx context.Context, c *call) error {
	_, err := c.stored.Future().Await(ctx)
	if err == nil || errors.Is(err, future.ErrWouldBlock) {
		return nil // a bare callback of a loop cannot wait
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	p.mu.Lock()
	here, begun := p.active[c.id] == c, !c.began.IsZero() || c.state == callStarting
	p.mu.Unlock()
	switch {
	case begun:
		return nil
	case here: // else it was called off already
		go p.revoke(c, future.Canceled(err))
		p.forget(c)
	}
	return err
}

// durableBegan notes that a node runs a durable call. It does not ask.
func (p *Pool) durableBegan(c *call, m *claimMsg) {
	p.mu.Lock()
	first := p.active[c.id] == c && c.state == callQueued
	if first {
		c.state = callStarting
	}
	p.mu.Unlock()
	if !first {
		return
	}
	started := c.job.Start()
	p.mu.Lock()
	p.queued--
	now := time.Now()
	c.began, c.claimed, p.claimed = now, now, now
	c.node = &node{id: m.Node, name: m.Name, calls: map[string]*call{}}
	c.state = callRunning
	cause := c.canceled
	if started {
		p.meter.began(now.Sub(c.job.Submitted()))
	}
	wake := p.admitWaitersLocked()
	p.mu.Unlock()
	wake()
	switch {
	case !started:
		p.cancelDurable(c, m.Node, context.Canceled)
		p.forget(c)
	case cause != nil:
		p.cancelDurable(c, m.Node, cause)
	}
}

func (p *Pool) cancelDurable(c *call, node string, cause error) {
	msg := &cancelMsg{From: p.id, Call: ref{c.id, 1}, Cause: executor.EncodeRemoteError(cause)}
	_ = p.nc.Publish(p.cfg.subject("node."+node), encode(msg))
}

// revoke says of a durable call that it was called off, so that no node begins it.
func (p *Pool) revoke(c *call, cause error) {
	ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
	defer cancel()
	r := &resultMsg{Node: p.id, Call: ref{c.id, 1}, Kind: kindError, Body: executor.EncodeRemoteError(cause)}
	if _, err := p.store(ctx, c.id, r); err != nil {
		p.cfg.Logger.Warn("natsexec: a durable call may run though it was called off", "id", c.id, "error", err)
	}
}

// collect settles a durable call if it has ended.
func (p *Pool) collect(c *call) {
	ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
	defer cancel()
	r, err := p.ended(ctx, c.id)
	if err != nil {
		return // it is looked after again
	}
	body := r.Body
	if r.Object != "" {
		if body, err = p.getBlob(ctx, r.Object); err != nil && transient(err) {
			return
		}
	}
	p.mu.Lock()
	if p.active[c.id] != c || c.state == callSettling || c.state == callStarting {
		p.mu.Unlock()
		return
	}
	if c.state == callQueued {
		p.queued--
	}
	c.state = callSettling
	p.mu.Unlock()
	p.results.post(func() {
		p.settle(c, func() {
			c.job.Start() // it may have ended before
			switch {
			case err != nil:
				c.job.Fail(p.counted(c, err))
			case r.Kind == kindResult:
				p.count(c, nil)
				_ = c.job.Resolve(body)
			default:
				c.job.Fail(p.counted(c, r.failure(body)))
			}
		})
	})
}

// collectAll looks after the durable calls of which no node has told.
func (p *Pool) collectAll(now time.Time) {
	if !p.cfg.Durable || !p.connected() {
		return
	}
	p.mu.Lock()
	var due []*call
	if now.Sub(p.collected) > collectEvery {
		p.collected = now
		for _, c := range p.active {
			due = append(due, c)
		}
	}
	p.mu.Unlock()
	if len(due) > 0 {
		p.watcher.Go(func() {
			for _, c := range due {
				p.collect(c)
			}
		})
	}
}
