package loop

import (
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/origin"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A Handle is a callback that was scheduled, for canceling it. It stands for
// asyncio.Handle.
type Handle struct {
	l        *Loop
	canceled atomic.Bool
	own      bool // the callback is in fn or t, not in the ready queue

	// The callback is at a position in the ready queue, or in the handle
	// itself, to which the queue then refers. A timer that wakes a task has
	// the task and the ticket of its wait in place of fn, so that a sleep
	// allocates one object.
	fn  func()
	t   *task
	ref uint64 // own: the ticket of t's wait; otherwise the position

	site *origin.Site // where it was scheduled; in debug mode only

	// real is the handle that the queue refers to, if that is another one:
	// CallSoon returns a value that it can make without allocating.
	real *Handle
}

// it returns the handle that counts.
func (h *Handle) it() *Handle {
	if h.real != nil {
		return h.real
	}
	return h
}

// Cancel takes the callback back: it will not run, and is let go of. Canceling a
// callback that ran, or was canceled before, does nothing. Any goroutine may call
// it; only on the loop is it certain that the callback has not begun meanwhile.
//
// It stands for Handle.cancel.
func (h *Handle) Cancel() {
	h = h.it()
	if h.canceled.Swap(true) || h.l == nil {
		return
	}
	switch {
	case h.own:
		if h.l.owned() {
			h.fn, h.t = nil, nil
		}
	case h.l.owned():
		h.l.ready.drop(h.ref)
	default:
		h.l.dropLater(h.ref)
	}
}

// Canceled reports whether Cancel was called. It stands for Handle.cancelled.
func (h *Handle) Canceled() bool { return h.it().canceled.Load() }

// Equal reports whether h and other stand for the same scheduled callback. The
// handle in an [ExceptionContext] can be another object than the one that CallSoon
// returned, and is equal to it.
func (h *Handle) Equal(other *Handle) bool {
	if h == nil || other == nil {
		return h == other
	}
	h, other = h.it(), other.it()
	return h == other || h.l == other.l && !h.own && !other.own && h.ref == other.ref
}

// String describes the callback for logs: its function, while it is known, and in
// debug mode the place where it was scheduled.
func (h *Handle) String() string {
	h = h.it()
	text := "<Handle"
	if h.Canceled() {
		text += " canceled"
	} else if name := h.name(); name != "" {
		text += " " + name
	}
	if h.site != nil {
		text += " created by " + h.site.Line()
	}
	return text + ">"
}

// name returns the name of the function, "" where only the loop may look for it.
func (h *Handle) name() string {
	if h.l == nil || !h.l.owned() {
		return ""
	}
	if h.own {
		return funcName(h.fn)
	}
	return funcName(h.l.ready.at(h.ref).fn)
}

// CallSoon schedules fn to run on the loop in its next iteration, after
// everything that is scheduled already. It does not block.
//
// It is meant for code on the loop. From any other goroutine, and while the loop
// does not run, it does what [Loop.CallSoonThreadsafe] does; in debug mode
// another goroutine gets [ErrForeignGoroutine] while the loop runs. A panic in fn
// is reported to the exception handler and the loop goes on. On a closed loop it
// returns [ErrClosed]. With an error comes a handle that does nothing.
//
// It stands for loop.call_soon; arguments are what fn closes over.
func (l *Loop) CallSoon(fn func()) (*Handle, error) {
	// Just small enough to be inlined: a handle that the caller drops is never
	// allocated. A test sees to it that it stays so.
	pos, real, err := l.callSoon(fn)
	return &Handle{l: l, ref: pos, real: real}, err
}

func (l *Loop) callSoon(fn func()) (pos uint64, h *Handle, err error) {
	if !l.owned() {
		if err := l.checkGoroutine(); err != nil {
			return 0, new(Handle), err
		}
		h, err = l.postFunc(fn)
		return 0, h, err
	}
	if fn == nil {
		return 0, new(Handle), errNilCallback
	}
	if l.inbox.n.Load() != 0 {
		l.drain()
	}
	if l.GetDebug() {
		h = &Handle{l: l, fn: fn, own: true, site: origin.Here(1)}
		l.ready.push(entry{h: h})
		return 0, h, nil
	}
	return l.ready.push(entry{fn: fn}), nil, nil
}

// CallSoonThreadsafe is [Loop.CallSoon] for other goroutines: it wakes the loop if
// it waits. The order of everything scheduled is one for the whole loop. Debug
// mode does not refuse it.
//
// It stands for loop.call_soon_threadsafe.
func (l *Loop) CallSoonThreadsafe(fn func()) (*Handle, error) {
	if l.owned() {
		return l.CallSoon(fn)
	}
	return l.postFunc(fn)
}

func (l *Loop) postFunc(fn func()) (*Handle, error) {
	if fn == nil {
		return new(Handle), errNilCallback
	}
	h := &Handle{l: l, fn: fn, own: true, site: l.site(2)}
	return h, l.inbox.put(post{entry: entry{h: h}})
}

// Post queues fn as CallSoonThreadsafe does, for futures that come home to the
// loop; it makes Loop a future.Poster. What it accepted runs even if the loop is
// closed before: then in Close.
func (l *Loop) Post(fn func()) error {
	if l.owned() {
		if l.inbox.n.Load() != 0 {
			l.drain()
		}
		l.ready.push(entry{fn: fn, h: delivery})
		return nil
	}
	return l.inbox.put(post{entry: entry{fn: fn, h: delivery}})
}

// makeReady schedules the next step of t, from any goroutine.
func (l *Loop) makeReady(t *task) {
	if l.owned() {
		if l.inbox.n.Load() != 0 {
			l.drain()
		}
		l.ready.push(entry{t: t})
		return
	}
	_ = l.inbox.put(post{entry: entry{t: t}}) // a closed loop has stopped its tasks
}

// owned reports whether the calling goroutine may touch the loop's own state: it
// runs one of the loop's callbacks or tasks.
func (l *Loop) owned() bool { return l.owner.Load() == whose.ID() }

// drain moves the inbox to the ready queue.
func (l *Loop) drain() {
	for _, p := range l.inbox.take() {
		if p.timer != nil {
			l.schedule(p.timer)
			continue
		}
		l.ready.push(p.entry)
	}
	clear(l.inbox.spare) // let go of what ran
}

// dropLater cancels an entry of the ready queue from a foreign goroutine, or
// while the loop does not run.
func (l *Loop) dropLater(pos uint64) {
	l.dropMu.Lock()
	defer l.dropMu.Unlock()
	l.drops = append(l.drops, pos)
	l.attention.Or(attendDrops)
}

// applyDrops carries out what dropLater left.
func (l *Loop) applyDrops() {
	l.dropMu.Lock()
	defer l.dropMu.Unlock()
	for _, pos := range l.drops {
		l.ready.drop(pos)
	}
	l.drops = l.drops[:0]
	l.attention.And(^uint32(attendDrops))
}

// Time returns the loop's clock, to which the deadlines of [Loop.CallAt] refer:
// it is monotonic. It stands for loop.time.
func (l *Loop) Time() time.Time { return time.Now() }
