package future

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/origin"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A State is where a future is in its life. It only moves forward:
//
//	        SetRunning           SetResult, SetError
//	pending ─────────► running ──────────────────► finished
//	   │                  │            ▲
//	   ├──────────────────┼────────────┘
//	   │ Cancel,          │ SetCanceled
//	   └──────────────────┴──────────────────────► canceled
type State uint32

// The states of a future.
const (
	StatePending  State = iota // nothing has begun that could not be called off
	StateRunning               // the work has begun
	StateFinished              // settled with a result or an error
	StateCanceled              // settled by a cancellation
)

// String returns Python's word for the state.
func (s State) String() string {
	switch s {
	case StatePending:
		return "pending"
	case StateRunning:
		return "running"
	case StateFinished:
		return "finished"
	default:
		return "canceled"
	}
}

// core is the part of a future that does not depend on its type. Programs have
// many of them, so what few futures need is kept apart, and the order of the fields
// leaves no gaps.
type core struct {
	state  atomic.Uint32 // a State; its settled values are stored last, so a reader that sees one may read the outcome without mu
	mu     sync.Mutex    // guards everything below until the future is settled
	tokens uint32        // given out so far
	err    error
	home   Poster // nil for a free future; never changes after construction

	canceler Canceler // what Cancel asks; nil: Cancel settles; never changes after construction

	first callback      // most futures have one callback
	done  chan struct{} // made when it is asked for; closed by settle
	rare  *rare         // nil for most futures
}

// rare is the part of a core that few futures need.
type rare struct {
	more   []callback     // those after the first, in their order
	unseen *bridge.Unseen // set by settle for an error that was not looked at

	site *origin.Site // where it was made, while a loop is in debug mode; never changes after construction
}

// site returns where c was made, if that is known.
func (c *core) site() *origin.Site {
	if c.rare == nil {
		return nil
	}
	return c.rare.site
}

// more returns the callbacks after the first.
func (c *core) more() []callback {
	if c.rare == nil {
		return nil
	}
	return c.rare.more
}

// extra returns the rare part, and makes it if need be.
func (c *core) extra() *rare {
	if c.rare == nil {
		c.rare = new(rare)
	}
	return c.rare
}

func (c *core) load() State { return State(c.state.Load()) }

func (c *core) settled() bool { return c.load() >= StateFinished }

// closedChan is what Done returns for every future that is settled already.
var closedChan = func() chan struct{} {
	ch := make(chan struct{})
	close(ch)
	return ch
}()

func (c *core) doneChan() <-chan struct{} {
	if c.settled() {
		return closedChan
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settled() {
		return closedChan
	}
	if c.done == nil {
		c.done = make(chan struct{})
	}
	return c.done
}

// closer is a Poster that can say beforehand that it will refuse.
type closer interface{ IsClosed() bool }

// settleLocked publishes the outcome and lets go of mu. The caller holds mu, has
// checked that the future is not settled, and has stored the value, if any.
func (c *core) settleLocked(s State, err error) {
	failed := err != nil && s == StateFinished // that the loop is gone is no news to report
	if c.home != nil {
		if h, ok := c.home.(closer); ok && h.IsClosed() {
			// The loop that was to carry the outcome home is gone. The
			// future settles all the same, and says so.
			switch {
			case err == nil:
				err = ErrClosed
			case err != ErrClosed: //nolint:errorlint // the methods of err are not called with mu held
				err = &lateError{err}
			}
		}
	}
	c.err = err
	first, more := c.first, c.more()
	c.first = callback{}
	if more != nil {
		c.rare.more = nil
	}
	if failed && !first.isHost() {
		c.noteUnseen(err)
	}
	c.state.Store(uint32(s))
	done := c.done
	c.mu.Unlock()

	if done != nil {
		close(done)
	}
	if first.used() {
		if more == nil {
			c.deliver(first)
		} else {
			c.deliverAll(first, more)
		}
	}
}

// settle is settleLocked for outcomes without a value. It reports whether this
// call was the one that settled the future.
func (c *core) settle(s State, err error) bool {
	c.mu.Lock()
	if c.settled() {
		c.mu.Unlock()
		return false
	}
	c.settleLocked(s, err)
	return true
}

// setRunning takes mu because settleLocked publishes the state last: without it a
// cancellation that is about to win could be told that it lost.
func (c *core) setRunning() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.CompareAndSwap(uint32(StatePending), uint32(StateRunning))
}

func (c *core) cancel(cause error) bool {
	c.mu.Lock()
	if c.settled() {
		c.mu.Unlock()
		// The two modules of Python disagree about a second request:
		// concurrent.futures calls it granted, asyncio refused.
		return c.home == nil && c.load() == StateCanceled
	}
	if by := c.canceler; by != nil {
		c.mu.Unlock()
		switch by.CancelRequested(c.load(), cause) {
		case Accept:
			return true
		case Refuse:
			return false
		}
		return c.settle(StateCanceled, Canceled(cause))
	}
	if c.load() == StateRunning {
		c.mu.Unlock()
		return false // the work has begun, and there is nothing that could stop it
	}
	c.settleLocked(StateCanceled, Canceled(cause))
	return true
}

// outcome returns the error of a settled future and marks it as seen.
func (c *core) outcome() error {
	if c.rare != nil && c.rare.unseen != nil {
		c.rare.unseen.See()
	}
	return c.err
}

// isOwn reports whether h is the task whose outcome c is. The canceler never
// changes after construction, so no lock is needed.
func (c *core) isOwn(h whose.Host) bool {
	own, ok := c.canceler.(whose.Host)
	return ok && own == h
}

// describe says in a few words where c is in its life. A result is left out: it
// may be large, and it may refer to c.
func (c *core) describe() string {
	switch s := c.load(); {
	case s == StateFinished && c.err != nil:
		return fmt.Sprintf("finished error=%q", c.err)
	case s == StateFinished:
		return "finished result"
	case s == StateCanceled:
		return s.String()
	default:
		if n := c.waiters(); n > 0 {
			return fmt.Sprintf("%v callbacks=%d", s, n)
		}
		return s.String()
	}
}

// waiters returns how many callbacks and suspended tasks wait for c.
func (c *core) waiters() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.first.used() {
		return 0
	}
	return 1 + len(c.more())
}

// String names c for what waits for it. If it is a task's, that says which it is
// and no more: it may wait for the one that asks.
func (c *core) String() string {
	if owner, ok := c.canceler.(fmt.Stringer); ok {
		return owner.String()
	}
	return "<Future " + c.describe() + ">"
}
