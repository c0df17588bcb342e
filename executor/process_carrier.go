package executor

import (
	"sync"

	"github.com/sourcegraph/conc"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A carrier runs the goroutines of a process pool and knows which they are. They
// call foreign code, such as the callbacks of futures, and that code must not wait
// there for their end.
type carrier struct {
	goroutines conc.WaitGroup
	ids        sync.Map // the id of each that runs
}

// Go runs fn on a goroutine of the pool.
func (c *carrier) Go(fn func()) {
	c.goroutines.Go(func() {
		id := whose.ID()
		c.ids.Store(id, nil)
		defer c.ids.Delete(id)
		fn()
	})
}

// Wait waits for the end of all.
func (c *carrier) Wait() { c.goroutines.Wait() }

// inside reports whether one of them calls.
func (c *carrier) inside() bool {
	_, ok := c.ids.Load(whose.ID())
	return ok
}
