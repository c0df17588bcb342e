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
	fired    bool // a timer's callback ran or was passed over; the loop's own

	// The callback is at a position in the ready queue, or on its way there, or in
	// the handle itself, to which the queue then refers. A timer that wakes a task
	// has the task and the ticket of its wait in place of fn, so that a sleep
	// allocates one object.
	fn func()
	t  *task
	at place

	site *origin.Site // where it was scheduled; in debug mode only

	// real is the handle that the queue refers to, if that is another one:
	// CallSoon returns a value that it can make without allocating.
	real *Handle
}

// A place says where the callback of a handle is found: a kind of place, in the two low
// bits, and a number above them. One word, or CallSoon is too large to be inlined.
type place uint64

const (
	inQueue  place = iota // at this position of the ready queue
	asPost                // the post with this number; see spans
	inHandle              // in fn
	inTimer               // in fn, or in t with the ticket of its wait
)

func (p place) with(number uint64) place { return p | place(number<<2) }
func (p place) kind() place              { return p & 3 }
func (p place) number() uint64           { return uint64(p >> 2) }

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
	switch owned := h.l.owned(); {
	case h.at.kind() >= inHandle:
		if owned {
			h.fn, h.t = nil, nil
		}
	case owned:
		h.l.drop(h.at)
	default:
		h.l.dropLater(h.at)
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
	return h == other || h.l == other.l && h.at == other.at && h.at.kind() < inHandle
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
	if h.at.kind() >= inHandle {
		return funcName(h.fn)
	}
	pos, _ := h.l.position(h.at)
	return funcName(h.l.ready.at(pos).fn)
}

// CallSoon schedules fn to run on the loop in its next iteration, after
// everything that is scheduled already. It does not block.
//
// It is meant for code on the loop. From any other goroutine, and while the loop
// does not run, it does what [Loop.CallSoonThreadsafe] does; in debug mode
// another goroutine gets [ErrForeignGoroutine] while the loop runs. A panic in fn
// is reported to the exception handler and the loop goes on. runtime.Goexit in fn, which
// t.FailNow calls, ends the goroutine that runs the loop, and may unwind one of the tasks
// that wait. On a closed loop CallSoon returns [ErrClosed]. With an error comes a handle
// that does nothing.
//
// It stands for loop.call_soon; arguments are what fn closes over.
func (l *Loop) CallSoon(fn func()) (*Handle, error) {
	// Just small enough to be inlined: where it is, a handle that the caller drops is not
	// allocated. A test sees to it that it stays so.
	at, real, err := l.callSoon(fn)
	return &Handle{l: l, at: at, real: real}, err
}

func (l *Loop) callSoon(fn func()) (at place, real *Handle, err error) {
	if !l.owned() {
		if err := l.checkGoroutine(); err != nil {
			return inHandle, new(Handle), err
		}
		return l.postFunc(fn)
	}
	if fn == nil {
		return inHandle, new(Handle), errNilCallback
	}
	if l.inbox.n.Load() != 0 {
		l.drain()
	}
	if l.GetDebug() {
		h := &Handle{l: l, fn: fn, at: inHandle, site: origin.Here(1)}
		l.ready.push(entry{h: h})
		return inHandle, h, nil
	}
	return inQueue.with(l.ready.push(entry{fn: fn})), nil, nil
}

// CallSoonThreadsafe is [Loop.CallSoon] for other goroutines: it wakes the loop if
// it waits. The order of everything scheduled is one for the whole loop. Debug
// mode does not refuse it.
//
// It stands for loop.call_soon_threadsafe.
func (l *Loop) CallSoonThreadsafe(fn func()) (*Handle, error) {
	at, real, err := l.callSoonThreadsafe(fn) // inlined, as CallSoon is
	return &Handle{l: l, at: at, real: real}, err
}

func (l *Loop) callSoonThreadsafe(fn func()) (at place, real *Handle, err error) {
	if l.owned() {
		return l.callSoon(fn)
	}
	return l.postFunc(fn)
}

func (l *Loop) postFunc(fn func()) (at place, real *Handle, err error) {
	if fn == nil {
		return inHandle, new(Handle), errNilCallback
	}
	if l.GetDebug() {
		h := &Handle{l: l, fn: fn, at: inHandle, site: origin.Here(2)}
		_, err = l.inbox.put(post{entry: entry{h: h}})
		return inHandle, h, err
	}
	number, err := l.inbox.put(post{entry: entry{fn: fn}})
	if err != nil {
		return inHandle, new(Handle), err
	}
	return asPost.with(number), nil, nil
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
	_, err := l.inbox.put(post{entry: entry{fn: fn, h: delivery}})
	return err
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
	_, _ = l.inbox.put(post{entry: entry{t: t}}) // a closed loop has stopped its tasks
}

// owned reports whether the calling goroutine may touch the loop's own state: it
// runs one of the loop's callbacks or tasks.
func (l *Loop) owned() bool { return l.owner.Load() == whose.ID() }

// drain moves the inbox to the ready queue.
func (l *Loop) drain() {
	l.posted.forget(l.ready.head)
	posts, number := l.inbox.take()
	for i, p := range posts {
		if p.timer != nil {
			l.schedule(p.timer)
			continue
		}
		l.posted.add(number+uint64(i), l.ready.push(p.entry))
	}
	clear(posts) // let go of what ran
}

// position returns where in the ready queue the callback of a handle is, or was; false
// if that is not known, for it has run or is not in the queue yet.
func (l *Loop) position(at place) (pos uint64, ok bool) {
	if at.kind() == inQueue {
		return at.number(), true
	}
	return l.posted.position(at.number())
}

// handleAt returns a handle that is equal to the one of the callback at pos.
func (l *Loop) handleAt(pos uint64) *Handle {
	if number, ok := l.posted.number(pos); ok {
		return &Handle{l: l, at: asPost.with(number)}
	}
	return &Handle{l: l, at: inQueue.with(pos)}
}

// drop cancels the callback of a handle if it is still to run.
func (l *Loop) drop(at place) {
	if at.kind() == asPost && l.inbox.n.Load() != 0 {
		l.drain() // it may be there
	}
	if pos, ok := l.position(at); ok {
		l.ready.drop(pos)
	}
}

// dropLater cancels a callback from a foreign goroutine, or while the loop does
// not run.
func (l *Loop) dropLater(at place) {
	if l.closed.Load() {
		return // nothing runs there any more
	}
	l.dropMu.Lock()
	defer l.dropMu.Unlock()
	l.drops = append(l.drops, at)
	l.attention.Or(attendDrops)
}

// applyDrops carries out what dropLater left.
func (l *Loop) applyDrops() {
	l.dropMu.Lock()
	defer l.dropMu.Unlock()
	for _, at := range l.drops {
		l.drop(at)
	}
	l.drops = l.drops[:0]
	l.attention.And(^uint32(attendDrops))
}

// Time returns the loop's clock, to which the deadlines of [Loop.CallAt] refer:
// it is monotonic. It stands for loop.time.
func (l *Loop) Time() time.Time { return time.Now() }
