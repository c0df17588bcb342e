package natsexec

import (
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// Grants: see pool_grant.go. This side keeps, for a moment, which calls it may run without
// a claim, and which it must not take any more.

// A granted call has not been delivered yet.
type granted struct {
	left time.Duration // until its deadline; 0 for none
	at   time.Time
}

// maxGrants is how many a node keeps. It claims the calls of others.
const maxGrants = 1 << 12

// grantFor is how long a grant counts.
func (n *Node) grantFor() time.Duration { return n.cfg.LostAfter / 2 }

// onGrant is given a call by its submitter, or asked for it.
func (n *Node) onGrant(m *nats.Msg) {
	g := new(grantMsg)
	if err := decode(m.Data, g); err != nil {
		n.garbage(m.Subject, err)
		return
	}
	k := key{g.From, g.Call}
	n.mu.Lock()
	refuse := g.Back || n.stopping
	if !refuse && n.held[k] == nil && n.refused[k].IsZero() && len(n.grants) < maxGrants {
		n.grants[k] = granted{g.Left, time.Now()}
	}
	n.mu.Unlock()
	if refuse {
		n.refuse(k)
	}
}

// refuseAll refuses what was granted and has not been delivered: the node stops.
func (n *Node) refuseAll() {
	n.mu.Lock()
	calls := slices.Collect(maps.Keys(n.grants))
	n.mu.Unlock()
	for _, k := range calls {
		n.refuse(k)
	}
}

// refuse says of a call that it was not begun, and sees to it that it is not, unless this
// node has it. To be told twice does no harm.
func (n *Node) refuse(k key) {
	n.mu.Lock()
	has := n.held[k] != nil
	if !has {
		delete(n.grants, k)
		n.refused[k] = time.Now() // the grant may come by another way, and later
	}
	n.mu.Unlock()
	if !has {
		n.put(k.from, &resultMsg{Node: n.id, Call: k.ref, Kind: kindReturned}, true)
	}
}

// useGrantLocked reports whether a call that was delivered may run without a claim. One that
// is delivered again is claimed: whatever was the matter, its submitter knows.
func (n *Node) useGrantLocked(h *held) (limit time.Duration, ok bool) {
	g, ok := n.grants[h.key]
	if !ok {
		return 0, false
	}
	delete(n.grants, h.key)
	waited := time.Since(g.at)
	about, err := h.msg.Metadata()
	if err != nil || about.NumDelivered != 1 || waited > n.grantFor() {
		return 0, false
	}
	if g.left > 0 {
		return max(g.left-waited, 1), true
	}
	return 0, true
}

// forgetGrantsLocked forgets those that came to nothing.
func (n *Node) forgetGrantsLocked(now time.Time) {
	for k, g := range n.grants {
		if now.Sub(g.at) > n.grantFor() {
			delete(n.grants, k)
		}
	}
	for k, at := range n.refused {
		if now.Sub(at) > n.cfg.OrphanAfter {
			delete(n.refused, k)
		}
	}
}

// spare is how many calls the node would begin at once, and where it is given them. With
// several priorities it says none, for the highest comes first.
func (n *Node) spare() (calls int, to string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopping || len(n.queues) != 1 || n.busy >= n.slots {
		return 0, ""
	}
	return n.slots - n.busy, n.queues[0].to
}
