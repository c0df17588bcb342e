package loop

import (
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A Handle is a callback that was scheduled, for canceling it. It stands for
// asyncio.Handle.
type Handle struct {
	l        *Loop
	canceled atomic.Bool

	// One of the two says where the callback is: at a position in the ready
	// queue, or in the handle itself, to which the queue then refers.
	pos uint64
	fn  func()

	// A timer that wakes a task has these in place of fn, so that a sleep
	// allocates one object.
	t      *task
	ticket uint64
	own    bool // fn or t is in use, pos is not
}

// Cancel takes the callback back: it will not run, and is let go of. Canceling a
// callback that ran, or was canceled before, does nothing. Any goroutine may call
// it; only on the loop is it certain that the callback has not begun meanwhile.
func (h *Handle) Cancel() {
	if h.canceled.Swap(true) {
		return
	}
	switch {
	case h.own:
		if h.l.owned() {
			h.fn, h.t = nil, nil
		}
	case h.l.owned():
		h.l.ready.drop(h.pos)
	default:
		h.l.dropLater(h.pos)
	}
}

// Canceled reports whether Cancel was called.
func (h *Handle) Canceled() bool { return h.canceled.Load() }

// CallSoon schedules fn to run on the loop in its next iteration, after
// everything that is scheduled already. It does not block.
//
// It is meant for code on the loop; from any other goroutine, and while the loop
// does not run, it does what [Loop.CallSoonThreadsafe] does. A panic in fn is
// reported to the exception handler and the loop goes on. On a closed loop it
// returns [ErrClosed] with a handle that does nothing.
//
// It stands for loop.call_soon; arguments are what fn closes over.
func (l *Loop) CallSoon(fn func()) (*Handle, error) {
	// Small enough to be inlined: a handle that the caller drops is never
	// allocated.
	h, pos, err := l.callSoon(fn)
	if h == nil {
		h = &Handle{l: l, pos: pos}
	}
	return h, err
}

func (l *Loop) callSoon(fn func()) (h *Handle, pos uint64, err error) {
	if !l.owned() {
		h, err = l.postFunc(fn)
		return h, 0, err
	}
	if fn == nil {
		return nil, 0, errNilCallback
	}
	if l.inbox.n.Load() != 0 {
		l.drain()
	}
	return nil, l.ready.push(entry{fn: fn}), nil
}

// CallSoonThreadsafe is [Loop.CallSoon] for other goroutines: it wakes the loop if
// it waits. The order of everything scheduled is one for the whole loop.
//
// It stands for loop.call_soon_threadsafe.
func (l *Loop) CallSoonThreadsafe(fn func()) (*Handle, error) { return l.CallSoon(fn) }

func (l *Loop) postFunc(fn func()) (*Handle, error) {
	if fn == nil {
		return nil, errNilCallback
	}
	h := &Handle{l: l, fn: fn, own: true}
	return h, l.inbox.put(post{entry: entry{h: h}})
}

// Post queues fn as CallSoonThreadsafe does, for futures that come home to the
// loop; it makes Loop a future.Poster.
func (l *Loop) Post(fn func()) error {
	if l.owned() {
		if l.inbox.n.Load() != 0 {
			l.drain()
		}
		l.ready.push(entry{fn: fn})
		return nil
	}
	return l.inbox.put(post{entry: entry{fn: fn}})
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
	l.dropped.Store(true)
}

// applyDrops carries out what dropLater left.
func (l *Loop) applyDrops() {
	l.dropMu.Lock()
	defer l.dropMu.Unlock()
	for _, pos := range l.drops {
		l.ready.drop(pos)
	}
	l.drops = l.drops[:0]
	l.dropped.Store(false)
}

// Time returns the loop's clock, to which the deadlines of [Loop.CallAt] refer:
// it is monotonic. It stands for loop.time.
func (l *Loop) Time() time.Time { return time.Now() }
