package executor

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/panics"

	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A crew runs the goroutines of a pool. Those call code that is not the pool's, such
// as the Post of a loop of another package. A panic there is told to the log,
// once for a pool, and its goroutine ends; it must not come up in a Shutdown.
type crew struct {
	goroutines conc.WaitGroup
	log        func() *slog.Logger
	told       atomic.Bool
}

// Go runs fn on a goroutine of the pool.
func (c *crew) Go(fn func()) {
	c.goroutines.Go(func() {
		if r := panics.Try(fn); r != nil && !c.told.Swap(true) {
			c.log().Error("executor: a goroutine of a pool panicked; the pool goes on", KeyPanic, r.Value, KeyStack, string(r.Stack))
		}
	})
}

// Wait waits for the end of all.
func (c *crew) Wait() { c.goroutines.Wait() }

// A carrier is the crew of a process pool and knows which goroutines it has. The
// callbacks of futures are called by them, and must not wait there for their end.
type carrier struct {
	crew

	ids sync.Map // the id of each that runs
}

// Go runs fn on a goroutine of the pool.
func (c *carrier) Go(fn func()) {
	c.crew.Go(func() {
		id := whose.ID()
		c.ids.Store(id, nil)
		defer c.ids.Delete(id)
		fn()
	})
}

// inside reports whether one of them calls.
func (c *carrier) inside() bool {
	_, ok := c.ids.Load(foreign.Caller())
	return ok
}
