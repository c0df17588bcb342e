package future

import (
	"slices"

	"github.com/sourcegraph/conc/panics"

	"github.com/seed-1b9fde7b/asyncgo/internal/safelog"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A callback is one entry in a future's list: a suspended host with the ticket of its
// wait, a function with the token by which it is removed, or a part with its number.
// An await allocates nothing, for there is no function around the host, and all are in
// one field because every future has room for a callback.
type callback struct {
	to     whose.Unparker // a whose.Host, a callbackFunc or a *part
	ticket uint64
}

// callbackFunc is the function of a callback. Where it is called depends on the future;
// see deliver.
type callbackFunc func()

// Unpark calls the function.
func (fn callbackFunc) Unpark(uint64) { fn() }

func (cb *callback) used() bool { return cb.to != nil }

// A part is one callback for many futures, which is told the number of the one that is
// settled: the ticket with which it was added. A function for each would be an
// allocation for each. It runs no foreign code.
type part func(i int)

// Unpark calls the function.
func (fn *part) Unpark(i uint64) { (*fn)(int(i)) }

// isHost reports whether the callback is a host that waits.
func (cb *callback) isHost() bool {
	switch cb.to.(type) {
	case nil, callbackFunc, *part:
		return false
	default:
		return true
	}
}

// addLocked appends cb. The caller holds mu and the future is not settled.
func (c *core) addLocked(cb callback) {
	if !c.first.used() {
		c.first = cb
		return
	}
	r := c.extra()
	r.more = append(r.more, cb)
}

// add registers cb, or reports false if the future is settled already.
func (c *core) add(cb callback) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settled() {
		return false
	}
	c.addLocked(cb)
	return true
}

// addFunc registers fn; it is delivered at once if the future is settled.
func (c *core) addFunc(fn func()) Token {
	c.mu.Lock()
	c.tokens++
	token := Token(c.tokens)
	cb := callback{to: callbackFunc(fn), ticket: uint64(token)}
	if !c.settled() {
		c.addLocked(cb)
		c.mu.Unlock()
		return token
	}
	c.mu.Unlock()
	c.deliver(cb)
	return token
}

// remove takes out the entries that match and returns how many there were. It
// keeps the others in their order.
func (c *core) remove(match func(*callback) bool) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	if r := c.rare; r != nil {
		had := len(r.more)
		r.more = slices.DeleteFunc(r.more, func(cb callback) bool { return match(&cb) })
		n = had - len(r.more)
	}
	if c.first.used() && match(&c.first) {
		n++
		c.first = callback{}
		if more := c.more(); len(more) > 0 {
			c.first = more[0]
			c.rare.more = slices.Delete(more, 0, 1)
		}
	}
	return n
}

// removeFunc takes out the function that token names, and reports whether it was there.
func (c *core) removeFunc(token Token) bool {
	return c.remove(func(cb *callback) bool {
		_, ok := cb.to.(callbackFunc)
		return ok && cb.ticket == uint64(token)
	}) > 0
}

func (c *core) removeHost(h whose.Host, ticket uint64) {
	c.remove(func(cb *callback) bool { return cb.ticket == ticket && cb.to == whose.Unparker(h) })
}

// deliverAll hands over several callbacks, in their order.
func (c *core) deliverAll(first callback, more []callback) {
	// Deferred because a callback that runs inline may end this goroutine
	// with runtime.Goexit, as t.FailNow does: the others still get their turn.
	next := 0
	defer func() {
		if next < len(more) {
			c.deliverAll(more[next], more[next+1:])
		}
	}()
	c.deliver(first)
	for next < len(more) {
		cb := more[next]
		next++
		c.deliver(cb)
	}
}

// deliver hands one callback of a settled future to where it must run. It is
// called without mu.
func (c *core) deliver(cb callback) {
	fn, isFunc := cb.to.(callbackFunc)
	of, isPart := cb.to.(*part)
	switch {
	case isPart && c.home != nil:
		fn = func() { of.Unpark(cb.ticket) }
	case !isFunc:
		cb.to.Unpark(cb.ticket)
		return
	case c.home == nil:
		runInline(fn)
		return
	}
	// A loop that refuses is closed: nothing else runs there any more, so the rule
	// "one at a time on the loop" cannot be broken, and a callback that never ran
	// would leave what counts on it waiting.
	if c.home.Post(fn) != nil {
		runInline(fn)
	}
}

// runInline runs a callback of a free future in the goroutine that settled it.
// A panic is logged and does not keep the others from running, as in
// concurrent.futures.
func runInline(fn func()) {
	if r := panics.Try(fn); r != nil {
		// The logger is not ours, and the value may have methods.
		safelog.Default().Error("future: a done callback panicked", KeyPanic, r.Value, KeyStack, string(r.Stack))
	}
}
