package natsexec

import (
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// A key names a call among those of all submitters.
type key struct {
	from string
	ref  ref
}

// A held is a call that a node has, from its delivery until the submitter took its
// result. The node's mutex guards what changes.
type held struct {
	key
	call     *callMsg
	msg      *nats.Msg // of the queue
	question string    // which claims it, at last

	attempt int    // of a durable call; see claimDurable
	seq     uint64 // of its record on the server

	state    heldState
	sent     time.Time // when the claim, or the result, was sent last
	future   *future.Future[executor.Encoded]
	canceled error // why, if it is to end
	result   *resultMsg
}

type heldState uint8

const (
	heldClaiming heldState = iota
	heldRunning
	heldFinished
)

// A submitter is what a node knows of one.
type submitter struct {
	heard  time.Time // the last time
	missed time.Time // when it was out of reach; zero if it answered since
}

func (n *Node) submitterLocked(id string) *submitter {
	s := n.submitters[id]
	if s == nil {
		s = &submitter{heard: time.Now()}
		n.submitters[id] = s
	}
	return s
}

// heardLocked notes an answer, or that there was no process to give one.
func (n *Node) heardLocked(id string, m *nats.Msg) (reached bool) {
	s := n.submitterLocked(id)
	if noResponders(m) {
		s.missed = time.Now()
		return false
	}
	s.heard, s.missed = time.Now(), time.Time{}
	return true
}

// answer reads what a submitter answered, into a, and returns which one did. It is not ok
// if there is no such submitter any more, or if it sent garbage.
func (n *Node) answer(m *nats.Msg, a message) (from string, ok bool) {
	from = lastOf(m.Subject)
	n.mu.Lock()
	reached := n.heardLocked(from, m)
	n.mu.Unlock()
	if !reached {
		return from, false
	}
	if err := decode(m.Data, a); err != nil {
		n.garbage(m.Subject, err)
		return from, false
	}
	return from, true
}

func noResponders(m *nats.Msg) bool {
	return len(m.Data) == 0 && m.Header != nil && m.Header.Get("Status") == "503"
}

// takeLocked takes a call that was delivered, if there is a slot, and returns it to be
// claimed.
func (n *Node) takeLocked(m *nats.Msg) *held {
	c := new(callMsg)
	if err := decode(m.Data, c); err != nil {
		_ = m.Term() // or it would come again and again
		n.garbage(m.Subject, err)
		return nil
	}
	k := key{c.From, ref{c.ID, c.Attempt}}
	if old := n.held[k]; old != nil { // its acknowledgement was lost
		if old.state == heldClaiming {
			old.msg = m
		} else {
			_ = m.Ack()
		}
		return nil
	}
	s := &submitter{heard: time.Now()}
	if !c.Durable {
		s = n.submitterLocked(c.From)
	}
	switch {
	case n.stopping || n.roomLocked() <= 0:
		_ = m.Nak()
		return nil
	case time.Since(s.heard) > n.cfg.OrphanAfter && !s.missed.IsZero():
		_ = m.Ack() // the submitter is gone
		return nil
	case time.Since(s.missed) < n.orphanRetry():
		_ = m.NakWithDelay(n.orphanRetry())
		return nil
	case !executor.Registered(c.Function) && !n.noneHasLocked(c.Function):
		_ = m.NakWithDelay(unknownRetry)
		return nil
	}
	h := &held{key: k, call: c, msg: m, sent: time.Now()}
	n.held[k] = h
	n.busy++
	return h
}

// orphanRetry is how long a call waits whose submitter is out of reach.
func (n *Node) orphanRetry() time.Duration { return n.cfg.OrphanAfter / 10 }

// dropLocked lets go of a call.
func (n *Node) dropLocked(h *held) {
	if n.held[h.key] != h {
		return
	}
	delete(n.held, h.key)
	if h.state != heldFinished {
		n.busy--
	}
	n.checkEmptyLocked()
	n.askLocked()
}
