package natsexec

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A call that travels while the one before it runs costs its worker no time. So a node
// takes some ahead while calls are short; and gives them back when the one before them
// turns out to be long, for another node may be idle.

const (
	shortCall   = time.Millisecond
	aheadOfEach = 16 // worker
)

// roomLocked is how many calls the node may take.
func (n *Node) roomLocked() int {
	if n.short {
		return n.slots + n.ahead - n.busy
	}
	return n.slots - n.busy
}

// lookAhead decides whether calls are short, and gives back what waits for a long one.
func (n *Node) lookAhead() {
	s := n.pool.Stats()
	ended := s.Completed + s.Failed + s.Canceled
	n.mu.Lock()
	calls, took := s.Ran.Count()-n.ran.Count(), s.Ran.Sum-n.ran.Sum
	stands := s.Queued > 0 && ended == n.endedCalls
	n.endedCalls, n.ran = ended, s.Ran
	if calls > 0 || stands {
		n.short = !stands && took < time.Duration(calls)*shortCall
	}
	n.askLocked()
	n.mu.Unlock()
	if stands {
		n.pool.CancelPending()
	}
}

// giveBack gives a call back that no worker has begun.
func (n *Node) giveBack(h *held) {
	if !h.call.Durable {
		n.send(h, &resultMsg{Node: n.id, Call: h.ref, Kind: kindReturned})
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
		defer cancel()
		// As if it had not been claimed. If that fails, it counts as an attempt.
		_, _ = n.js.Publish(ctx, n.cfg.subject("ran."+h.call.ID), encode(&ranMsg{Node: n.id, Name: n.name, Attempt: h.attempt - 1}),
			jetstream.WithExpectLastSequencePerSubject(h.seq))
		_ = h.msg.Nak()
		n.drop(h)
	}()
}
