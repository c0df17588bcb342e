package natsexec

import (
	"sync"

	"github.com/nats-io/nats.go"
)

// A receipt tells a node that its submitter has some results, so that it lets go of them.
// Nothing waits for it, so it travels with what goes to the node next, or at the next look
// of the watch. A message of its own for each result would wake the server and the node
// while they have better things to do.
type receipts struct {
	mu     sync.Mutex // guards what follows, and is held while a receipt is handed over
	byNode map[string]*receipt
}

type receipt struct {
	to    string // the subject
	calls []ref
	bytes int // that the node keeps
}

const (
	maxReceipt  = 256      // results
	maxReceived = 64 << 10 // bytes of results that a node may have to keep for a moment
)

// addReceipt notes results that arrived. Those that are many, or large, have their receipt at
// once.
func (p *Pool) addReceipt(node string, m *nats.Msg, calls []ref) {
	p.receipts.mu.Lock()
	defer p.receipts.mu.Unlock()
	r := p.receipts.byNode[node]
	if r == nil {
		r = new(receipt)
		p.receipts.byNode[node] = r
	}
	r.to = m.Reply
	r.calls = append(r.calls, calls...)
	r.bytes += len(m.Data)
	if len(r.calls) >= maxReceipt || r.bytes >= maxReceived {
		p.sendReceipt(node, r)
	}
}

// sendReceipts sends what a node has not been told yet; for all nodes if node is empty.
func (p *Pool) sendReceipts(node string) {
	p.receipts.mu.Lock()
	defer p.receipts.mu.Unlock()
	if node == "" {
		for node, r := range p.receipts.byNode {
			p.sendReceipt(node, r)
		}
		return
	}
	if r := p.receipts.byNode[node]; r != nil {
		p.sendReceipt(node, r)
	}
}

// sendReceipt hands a receipt to the connection. If it is lost the results come again. It is
// called with the mutex.
func (p *Pool) sendReceipt(node string, r *receipt) {
	delete(p.receipts.byNode, node)
	_ = p.nc.Publish(r.to, encode(&takenMsg{r.calls}))
}
