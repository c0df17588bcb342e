package natsexec

import (
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// A call of a function that this node does not have may be for another node of the same
// build: that is so if programs name their builds. It is given back with a delay
// as long as any node has the function, and refused otherwise.

const (
	unknownRetry  = 250 * time.Millisecond // after which such a call comes again
	unknownKnown  = 5 * time.Second        // how long an answer counts
	unknownAsking = time.Second            // how long others may take to answer
	maxUnknown    = 1024                   // functions that are remembered
)

// An inquiry is a question for a function to the other nodes. The node's mutex guards it.
type inquiry struct {
	asked time.Time
	none  bool // of them has it
}

// noneHasLocked reports whether it is known that no node has a function. If it is not
// known it is asked for.
func (n *Node) noneHasLocked(function string) bool {
	q := n.lacking[function]
	if q == nil || time.Since(q.asked) > unknownKnown {
		if len(n.lacking) >= maxUnknown {
			clear(n.lacking)
		}
		q = &inquiry{asked: time.Now()}
		n.lacking[function] = q
		go n.inquire(function, q)
	}
	return q.none
}

func (n *Node) inquire(function string, q *inquiry) {
	_, err := n.nc.Request(n.cfg.subject("has."+n.cfg.Build), []byte(function), unknownAsking)
	if err == nil || !n.connected() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	q.none = true
}

// onHas answers other nodes that lack a function. Silence means that this one does, too.
func (n *Node) onHas(m *nats.Msg) {
	if len(m.Data) <= maxName && executor.Registered(string(m.Data)) {
		_ = m.Respond(nil)
	}
}

// onWho answers the question which nodes there are.
func (n *Node) onWho(m *nats.Msg) {
	n.mu.Lock()
	info := &infoMsg{ID: n.id, Name: n.name, Workers: n.slots, Running: n.busy}
	n.mu.Unlock()
	_ = m.Respond(encode(info))
}
