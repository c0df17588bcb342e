// Package coro switches between a loop and the bodies of its tasks.
//
// A coroutine is made with iter.Pull: the runtime hands the thread from one
// goroutine to the other directly, without the scheduler, for about 80 ns. That
// is a third of what a channel costs, and the two can never run at once.
//
// A coroutine outlives its body: a finished body leaves the goroutine and its
// stack to the next one, which saves half a microsecond and six allocations.
package coro

import (
	"iter"
	"runtime"
	"runtime/debug"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A Body is what a coroutine runs.
type Body interface {
	whose.Provider
	// Main is the body. It may call Suspend.
	Main()
	// Crashed is called on the coroutine after Main panicked, or called
	// runtime.Goexit.
	Crashed(value any, goexit bool, stack []byte)
	// Next is called on the coroutine after Main has returned or panicked. It
	// returns a body to run there at once, without a switch to the owner and
	// back; with nil the coroutine is idle and the owner goes on.
	Next() Body
}

// A Coroutine runs one body after the other. Resume, Idle and Stop are for the
// goroutine that owns it, Suspend for the body.
type Coroutine struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool

	id       int64 // the goroutine's; set before the first body runs
	body     Body  // what runs, nil between bodies
	stopping bool  // Stop was called: a body can no longer be suspended
	dead     bool  // the goroutine has ended
}

// New returns a coroutine without a body. The goroutine is made here, under the
// thread lock state of the caller: the runtime throws when a goroutine that is
// locked to a thread switches to a coroutine that was made under another state.
func New() *Coroutine {
	c := &Coroutine{}
	c.next, c.stop = iter.Pull(c.loop)
	return c
}

// ID returns the id of the coroutine's goroutine; zero before the first body.
func (c *Coroutine) ID() int64 { return c.id }

// Idle reports whether the coroutine can take another body.
func (c *Coroutine) Idle() bool { return c.body == nil && !c.dead }

// Start gives an idle coroutine a body; Resume then runs it.
func (c *Coroutine) Start(b Body) { c.body = b }

// Resume runs the body until it suspends or ends.
func (c *Coroutine) Resume() {
	defer c.absorb()
	c.next()
}

// Switch is Resume for a caller that has a deferred function of its own around
// many calls, which are then cheaper: where the body ended the goroutine by
// runtime.Goexit it panics with a value for which [Goexited] reports true.
func (c *Coroutine) Switch() { c.next() }

// Goexited reports whether v, recovered from a panic of Switch, says that the body
// ended its goroutine.
func Goexited(v any) bool {
	_, ok := v.(goexit)
	return ok
}

// Stop ends the coroutine. A suspended body is unwound: its Suspend does not
// return, but its deferred functions run, as after runtime.Goexit.
func (c *Coroutine) Stop() {
	defer c.absorb()
	c.stopping = true
	if c.id == 0 || c.dead {
		c.stop()
		return
	}
	c.next()
	c.stop()
}

// A goexit is the panic that replaces runtime.Goexit on its way out.
type goexit struct{}

// absorb stops the panic by which a coroutine's goroutine reports that it
// was ended by Goexit: iter.Pull passes it to the caller of next.
func (c *Coroutine) absorb() {
	if !c.dead {
		return
	}
	if v := recover(); v != nil && !Goexited(v) {
		panic(v)
	}
}

// Suspend hands control back to the owner and returns when it resumes. While
// the coroutine is being stopped it does not return: it unwinds the body.
func (c *Coroutine) Suspend() {
	if !c.stopping {
		c.yield(struct{}{})
	}
	if c.stopping {
		runtime.Goexit()
	}
}

// Stopping reports whether Stop was called.
func (c *Coroutine) Stopping() bool { return c.stopping }

// CurrentHost returns the host of the body. It makes the coroutine the
// whose.Provider of its goroutine.
func (c *Coroutine) CurrentHost() whose.Host {
	if c.body == nil {
		return nil
	}
	return c.body.CurrentHost()
}

func (c *Coroutine) loop(yield func(struct{}) bool) {
	c.yield = yield
	c.id = whose.ID()
	whose.Register(c.id, c)
	ended := false
	defer func() {
		c.dead = true
		c.body = nil
		whose.Unregister(c.id)
		if !ended {
			// A Goexit goes on where a panic after it was recovered from; see run.
			_ = recover()
			panic(goexit{})
		}
	}()
	for {
		last := c.body
		c.run()
		c.body = nil
		if !c.stopping {
			if c.body = last.Next(); c.body != nil {
				continue
			}
		}
		if c.stopping || !yield(struct{}{}) || c.stopping {
			ended = true
			return
		}
	}
}

// run runs one body. A panic ends here. Goexit cannot be stopped: it is told to the
// body and then turned into a panic, because iter.Pull passes a panic of the coroutine
// to the owner, which can recover from it, and a Goexit too, from which it cannot.
func (c *Coroutine) run() {
	returned := false
	defer func() {
		if returned {
			return
		}
		v := recover()
		if v == nil { // since Go 1.21 even panic(nil) has a value
			c.body.Crashed(nil, true, debug.Stack())
			panic(goexit{})
		}
		c.body.Crashed(v, false, debug.Stack())
	}()
	c.body.Main()
	returned = true
}
