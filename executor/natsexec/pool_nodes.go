package natsexec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// NodeInfo describes a node.
type NodeInfo struct {
	Name    string
	Workers int // calls that it takes at a time
	Running int // calls that it has, of all submitters
}

const (
	nodesQuiet = 250 * time.Millisecond // after which no more answers are expected
	maxNodes   = 10_000
	warnAfter  = 5 * time.Second // of waiting without a node
	warnEvery  = time.Minute
)

// Nodes asks which nodes serve the pool's build, and returns those that answer, by name.
// It blocks the goroutine until a quarter of a second has passed without an answer, or
// ctx ends.
func (p *Pool) Nodes(ctx context.Context) ([]NodeInfo, error) {
	sub, err := p.nc.SubscribeSync(nats.NewInbox())
	if err == nil {
		defer func() { _ = sub.Unsubscribe() }()
		err = p.nc.PublishRequest(p.cfg.subject("nodes."+p.cfg.Build), sub.Subject, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("natsexec: cannot ask for nodes: %w", err)
	}
	var nodes []NodeInfo
	for len(nodes) < maxNodes {
		quiet, cancel := context.WithTimeout(ctx, nodesQuiet)
		m, err := sub.NextMsgWithContext(quiet)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, nats.ErrNoResponders), errors.Is(err, context.DeadlineExceeded):
			slices.SortFunc(nodes, func(a, b NodeInfo) int { return cmp.Compare(a.Name, b.Name) })
			return nodes, nil
		case err != nil:
			return nil, fmt.Errorf("natsexec: cannot ask for nodes: %w", err)
		}
		var info infoMsg
		if err := decode(m.Data, &info); err != nil {
			p.garbage(m, err)
			continue
		}
		nodes = append(nodes, NodeInfo{Name: info.Name, Workers: info.Workers, Running: info.Running})
	}
	return nodes, nil
}

// warn tells the log if calls wait and there is no node: the program would seem to hang.
func (p *Pool) warn(now time.Time) {
	p.mu.Lock()
	waiting := p.queued
	due := waiting > 0 && len(p.nodes) == 0 && now.Sub(p.claimed) > warnAfter && now.Sub(p.warned) > warnEvery && p.waitsLocked(now)
	if due {
		p.warned = now
	}
	p.mu.Unlock()
	if !due {
		return
	}
	p.watcher.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), warnAfter)
		defer cancel()
		if nodes, err := p.Nodes(ctx); err == nil && len(nodes) == 0 {
			p.cfg.Logger.Warn("natsexec: calls wait and no node serves them: start one with natsexec.Serve from the same program, or give both the same Config.Build",
				"queue", p.cfg.Name, "build", p.cfg.Build, "waiting", waiting)
		}
	})
}

// waitsLocked reports whether some call has waited for long.
func (p *Pool) waitsLocked(now time.Time) bool {
	for _, c := range p.active {
		if c.state == callQueued && now.Sub(c.job.Submitted()) > warnAfter {
			return true
		}
	}
	return false
}
