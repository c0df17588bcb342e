// Package foreign calls code that the users of the library wrote and that the
// library meets in the middle of its own work: the methods of errors, of values
// that marshal themselves and of what is logged.
//
// Such code may panic, and it may end its goroutine with runtime.Goexit, as
// t.FailNow does. recover does not stop the second, so what must go on afterwards
// cannot be on the same goroutine: [Call] runs the code on another.
//
// It may also call back into the library. So it must not be called with a mutex
// held, and [Caller] tells for which goroutine one of this package works.
package foreign

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// An Ended says how code ended that did not return.
type Ended struct {
	Value  any    // what was given to panic; nil after Goexit
	Goexit bool   // the code called runtime.Goexit
	Stack  []byte // of its goroutine then
}

// String returns one line.
func (e *Ended) String() string {
	if e.Goexit {
		return "runtime.Goexit"
	}
	return "panic: " + Print(e.Value)
}

// Call runs fn on a goroutine of its own and waits for it. It returns nil if fn
// returned. It costs some 500 ns, so code that is known to be harmless should be
// called without it.
func Call(fn func()) *Ended {
	g := guard{caller: Caller(), done: make(chan struct{})}
	go g.run(fn)
	<-g.done
	return g.ended
}

type guard struct {
	caller int64
	ended  *Ended
	done   chan struct{} // closed by run when the code has ended
}

func (g *guard) run(fn func()) {
	id := whose.ID()
	callers.Store(id, g.caller)
	returned := false
	// Deferred: nothing else runs after Goexit.
	defer func() {
		if !returned {
			g.ended = ended(recover())
		}
		callers.Delete(id)
		close(g.done)
	}()
	fn()
	returned = true
}

// CallWithin is Call for code that may also block: it waits for fn for the limit at
// most. In time is false if fn had not returned by then. It goes on, works for no other
// goroutine any more, and when it has ended late is called on its goroutine with how,
// nil if it returned. late must not call foreign code.
func CallWithin(limit time.Duration, fn func(), late func(*Ended)) (e *Ended, inTime bool) {
	t := timed{guard: guard{caller: Caller(), done: make(chan struct{})}, late: late}
	go t.run(fn)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-t.done:
	case <-timer.C:
		if t.over.CompareAndSwap(false, true) {
			return nil, false
		}
		<-t.done
	}
	return t.ended, true
}

// A timed is a guard that may be left alone.
type timed struct {
	guard
	over atomic.Bool // the code has ended, or is not waited for any longer
	late func(*Ended)
}

func (t *timed) run(fn func()) {
	id := whose.ID()
	callers.Store(id, t) // a caller that may leave
	returned := false
	defer func() {
		var e *Ended
		if !returned {
			e = ended(recover())
		}
		callers.Delete(id)
		if t.over.CompareAndSwap(false, true) {
			t.ended = e
			close(t.done)
			return
		}
		t.late(e)
	}()
	fn()
	returned = true
}

// ended makes an Ended of what recover returned. Even panic(nil) recovers as a
// value, so nil means Goexit.
func ended(r any) *Ended { return &Ended{Value: r, Goexit: r == nil, Stack: debug.Stack()} }

// Steps calls step until it reports false, on a goroutine that is not the caller's,
// and waits for that. If a step does not return, failed is told how it ended, and
// the next step begins on a new goroutine: many calls cost one goroutine as long as
// they return. failed must not call foreign code.
func Steps(step func() (more bool), failed func(*Ended)) {
	s := steps{caller: Caller(), step: step, failed: failed, done: make(chan struct{})}
	go s.run()
	<-s.done
}

type steps struct {
	caller int64
	step   func() bool
	failed func(*Ended)
	done   chan struct{} // closed by run after the last step
}

func (s *steps) run() {
	id := whose.ID()
	callers.Store(id, s.caller)
	returned := false
	defer func() {
		callers.Delete(id)
		if returned {
			close(s.done)
			return
		}
		s.failed(ended(recover()))
		go s.run()
	}()
	for s.step() {
	}
	returned = true
}

// callers maps the goroutines of this package to those that wait for them.
var callers sync.Map // int64 → int64 or *timed

// Caller returns the id of the goroutine for which this one works: its own, unless
// it is one of this package's.
func Caller() int64 {
	id := whose.ID()
	caller, _ := callers.Load(id)
	switch c := caller.(type) {
	case int64:
		return c
	case *timed:
		if !c.over.Load() {
			return c.caller
		}
	}
	return id
}

// Text returns err.Error(). If that does not return, the text says so.
func Text(err error) (s string) {
	if keepsText(err) {
		return err.Error()
	}
	if e := Call(func() { s = err.Error() }); e != nil {
		return fmt.Sprintf("an error of type %T, whose Error method ended with %v", err, e)
	}
	return s
}

// Print returns fmt.Sprint(v). If that does not return, the text says so.
func Print(v any) (s string) {
	switch v := v.(type) {
	case string:
		return v
	case nil, bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return fmt.Sprint(v)
	}
	// Sprint catches a panic of the value's own methods, but not if what they
	// panic with does it again.
	if e := Call(func() { s = fmt.Sprint(v) }); e != nil {
		return fmt.Sprintf("a value of type %T, which cannot be printed", v)
	}
	return s
}
