package natsexec

import (
	"sync"

	"github.com/nats-io/nats.go"
)

// An outbox collects what becomes of calls: what comes together for one submitter is one
// message. It keeps the order.
type outbox struct {
	wake chan struct{} // holds one

	mu      sync.Mutex // guards what follows, and is held while a message is handed over
	letters map[string]*letter
	begun   []*nats.Msg // of calls that run: the queue is to forget them
}

// A letter is what goes to one submitter.
type letter struct {
	results []*resultMsg
	bytes   int
}

const (
	maxResults = 256 // in a message
	resultHead = 256 // bytes that a result is reckoned to have beside its body
)

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1), letters: map[string]*letter{}} }

// put adds a result or a report for a submitter. It is sent at once, with what waits for
// the same one, or when the node's goroutine for that comes to it.
func (n *Node) put(from string, r *resultMsg, atOnce bool) {
	o := n.out
	o.mu.Lock()
	l := o.letters[from]
	if l == nil {
		l = new(letter)
		o.letters[from] = l
	}
	if size := len(r.Body) + resultHead; len(l.results) > 0 && (len(l.results) >= maxResults || l.bytes+size > maxInline) {
		n.sendLetter(from, l)
		*l = letter{}
	}
	l.results = append(l.results, r)
	l.bytes += len(r.Body) + resultHead
	if atOnce {
		n.sendLetter(from, l)
		delete(o.letters, from)
	}
	o.mu.Unlock()
	if !atOnce {
		select {
		case o.wake <- struct{}{}:
		default:
		}
	}
}

// ackLater tells the queue that calls are no longer its own. It can wait until the next
// letter, or the next beat: nothing hangs on it, and a message of its own would make the
// server work while the worker wants to.
func (n *Node) ackLater(calls []*held) {
	n.out.mu.Lock()
	defer n.out.mu.Unlock()
	for _, h := range calls {
		n.out.begun = append(n.out.begun, h.msg)
	}
}

// ackBegun is called with the outbox's mutex.
func (n *Node) ackBegun() {
	for _, m := range n.out.begun {
		_ = m.Ack()
	}
	clear(n.out.begun)
	n.out.begun = n.out.begun[:0]
}

// post sends what is in the outbox, until the node stops.
func (n *Node) post() {
	for {
		select {
		case <-n.out.wake:
			n.sendAll()
		case <-n.stop:
			n.sendAll()
			return
		}
	}
}

func (n *Node) sendAll() {
	n.out.mu.Lock()
	defer n.out.mu.Unlock()
	n.ackBegun()
	for from, l := range n.out.letters {
		n.sendLetter(from, l)
	}
	clear(n.out.letters)
}

// sendLetter hands a letter to the connection. The watch sends results again whose receipt is
// not answered.
func (n *Node) sendLetter(from string, l *letter) {
	n.ackBegun()
	m := &resultsMsg{Calls: l.results}
	if m.Spare, m.To = n.spare(); m.Spare > 0 {
		m.Name = n.name
	}
	_ = n.nc.PublishRequest(n.cfg.subject("result."+from), n.inbox+".taken."+from, encode(m))
}

// onTaken lets go of calls whose results were taken.
func (n *Node) onTaken(m *nats.Msg) {
	var taken takenMsg
	from, ok := n.answer(m, &taken)
	if !ok {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range taken.Calls {
		if h := n.held[key{from, r}]; h != nil && h.state == heldFinished && h.result != nil {
			n.dropLocked(h)
		}
	}
}
