package natsexec

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// A ranMsg says which node runs a durable call.
type ranMsg struct {
	Node    string `cbor:"1,keyasint"`
	Name    string `cbor:"2,keyasint"`
	Attempt int    `cbor:"3,keyasint"`
}

func (m *ranMsg) valid() bool {
	return validToken(m.Node) && len(m.Name) <= maxName && m.Attempt >= 0 && m.Attempt <= maxAttempts+1
}

// claimDurable claims a durable call on the server, and runs it. That it is delivered
// although a node has claimed it means that the node is silent.
func (n *Node) claimDurable(h *held) {
	ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
	defer cancel()
	run, err := n.tryDurable(ctx, h)
	switch {
	case err != nil: // it comes again
		n.cfg.Logger.Debug("natsexec: a durable call could not be claimed", "id", h.call.ID, "error", err)
		_ = h.msg.NakWithDelay(n.cfg.LostAfter)
		n.drop(h)
	case !run:
		_ = h.msg.Ack()
		n.tellStored(h)
		n.drop(h)
	default:
		n.mu.Lock()
		h.state = heldRunning
		n.mu.Unlock()
		_ = n.nc.Publish(n.cfg.subject("claim."+h.from), encode(&claimMsg{Node: n.id, Name: n.name, Calls: []ref{h.ref}}))
		n.run(h, h.call.Timeout)
	}
}

func (n *Node) drop(h *held) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dropLocked(h)
}

// tryDurable reports whether this node may run a call. If it may not, the call has ended.
func (n *Node) tryDurable(ctx context.Context, h *held) (run bool, err error) {
	id := h.call.ID
	if _, err = n.ended(ctx, id); !errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, err
	}
	subject := n.cfg.subject("ran." + id)
	var before ranMsg
	var seq uint64
	m, err := n.finished.GetLastMsgForSubject(ctx, subject)
	switch {
	case err == nil:
		if err := decode(m.Data, &before); err != nil {
			n.garbage(subject, err)
		}
		seq = m.Sequence
	case !errors.Is(err, jetstream.ErrMsgNotFound):
		return false, err
	}
	h.attempt = before.Attempt + 1
	if h.attempt > h.call.Retry+1 {
		lost := &executor.CrashError{Node: before.Name, Worker: before.Name, ExitCode: -1, Function: h.call.Function, Err: errSilent}
		_, err := n.store(ctx, id, n.crashed(h, lost, before.Attempt))
		return false, err
	}
	ack, err := n.js.Publish(ctx, subject, encode(&ranMsg{Node: n.id, Name: n.name, Attempt: h.attempt}), jetstream.WithExpectLastSequencePerSubject(seq))
	if err != nil {
		return false, err
	}
	h.seq = ack.Sequence
	return true, nil
}

var errSilent = errors.New("it fell silent")

func (n *Node) crashed(h *held, crash *executor.CrashError, attempts int) *resultMsg {
	r := &resultMsg{Node: n.id, Call: h.ref, Kind: kindCrash, Crash: crashOf(crash), Attempts: attempts}
	r.Crash.Node = orDefault(r.Crash.Node, n.name)
	return r
}

// finishDurable stores the outcome of a durable call, and tries until it is stored: the
// server keeps the call for this node as long as it is there.
func (n *Node) finishDurable(h *held, r *resultMsg) {
	if r.Kind == kindCrash {
		if h.attempt <= h.call.Retry {
			_ = h.msg.NakWithDelay(n.cfg.beat()) // a node tries it again
			n.drop(h)
			return
		}
		r = n.crashed(h, r.Crash.err(""), h.attempt)
	}
	for {
		ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
		_, err := n.store(ctx, h.call.ID, r)
		cancel()
		if err == nil {
			break
		}
		n.cfg.Logger.Warn("natsexec: the result of a durable call could not be stored yet", "id", h.call.ID, "error", err)
		select {
		case <-time.After(n.cfg.LostAfter):
		case <-n.stop:
			return
		}
	}
	_ = h.msg.Ack()
	n.tellStored(h)
	n.dropBlob(h.call.Object)
	n.drop(h)
}

// tellStored tells the submitter, if it is there, that the outcome of a call is on the server.
func (n *Node) tellStored(h *held) {
	_ = n.nc.Publish(n.cfg.subject("result."+h.from), encode(&resultsMsg{Calls: []*resultMsg{{Node: n.id, Call: h.ref, Kind: kindStored}}}))
}

// keepDurableLocked tells the server that the durable calls of this node are in work.
func (n *Node) keepDurableLocked() (keep []*nats.Msg) {
	for _, h := range n.held {
		if h.call.Durable {
			keep = append(keep, h.msg)
		}
	}
	return keep
}
