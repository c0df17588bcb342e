package loop

import (
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
)

func init() { bridge.AtClose = atClose }

// closers are what the packages below have to end when the loop does: connections,
// servers, processes.
type closers struct {
	mu     sync.Mutex // guards what follows
	closed bool
	next   int
	fns    map[int]func()
}

// atClose is bridge.AtClose.
func atClose(home any, fn func()) (forget func(), ok bool) {
	c := &home.(*Loop).closers
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false
	}
	if c.fns == nil {
		c.fns = map[int]func(){}
	}
	id := c.next
	c.next++
	c.fns[id] = fn
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.fns, id)
	}, true
}

// close runs them, in no particular order, and lets no more in.
func (c *closers) close() {
	c.mu.Lock()
	fns := c.fns
	c.fns, c.closed = nil, true
	c.mu.Unlock()
	for _, fn := range fns {
		fn()
	}
}
