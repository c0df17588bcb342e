package waitlist

import (
	"context"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

type state uint8

const (
	waiting state = iota
	woken
	canceled
)

// An Owner is the primitive to which a list belongs.
type Owner interface {
	// GaveUp is called with the mutex held after a waiter has left the list
	// in any way but success. The primitive passes on what the waiter had
	// been given, if wasWoken, or else sees that it holds up no other.
	GaveUp(l *List, wasWoken bool)
}

// A Waiter is one wait of one task or goroutine.
type Waiter struct {
	what string      // the call that waits, for reports
	mu   *sync.Mutex // the primitive's; guards what follows
	list *List       // nil outside any list

	prev, next *Waiter

	state state
	cause error // why it was canceled

	// What waits: a task, or a goroutine that listens on ch.
	host   whose.Host
	ticket uint64
	ch     chan struct{}

	stubborn bool // the end of ctx does not end the wait

	level context.Context // what ends the wait of host; nil for nothing
}

// pool keeps the waiters of tasks. Those of goroutines hold a channel, and a
// channel that was made in a synctest bubble cannot be used outside it.
var pool = sync.Pool{New: func() any { return new(Waiter) }}

// New begins a wait of the caller, in the call that what names. It is called without the mutex, since ctx may
// be the user's code; the caller must then look again whether it has to wait.
//
// It returns [future.ErrWouldBlock] in a bare callback on a loop's goroutine, and
// in a task why ctx has ended, if it has.
func New(ctx context.Context, mu *sync.Mutex, what string) (*Waiter, error) {
	h := whose.Current(ctx)
	if h == nil {
		return &Waiter{what: what, mu: mu, ch: make(chan struct{}, 1)}, nil
	}
	if !h.CanPark() {
		return nil, future.ErrWouldBlock
	}
	level, err := h.Admit(ctx)
	if err != nil {
		return nil, err
	}
	w := pool.Get().(*Waiter)
	w.what, w.mu, w.host, w.level = what, mu, h, level
	w.ticket = h.Prepare()
	return w, nil
}

// NewStubborn is New for a wait that does not care whether ctx is done: only a
// request to cancel the task that comes while it lasts ends it.
func NewStubborn(ctx context.Context, mu *sync.Mutex, what string) (*Waiter, error) {
	h := whose.Current(ctx)
	if h != nil && !h.CanPark() {
		return nil, future.ErrWouldBlock
	}
	w := &Waiter{what: what, mu: mu, host: h, stubborn: true}
	if h == nil {
		w.ch = make(chan struct{}, 1)
	} else {
		w.ticket = h.Prepare()
	}
	return w, nil
}

// String names the call that waits. A task shows it as what it waits for.
func (w *Waiter) String() string { return "<" + w.what + ">" }

// Drop ends a wait that turned out not to be needed. w stands in no list and must
// not be used afterwards.
func (w *Waiter) Drop() {
	if w.ch == nil {
		*w = Waiter{}
		pool.Put(w)
	}
}

// Join puts w at the end of l. The mutex is held.
func (w *Waiter) Join(l *List) { l.push(w) }

// Wait suspends or blocks the caller until w is woken, and returns nil then, or
// until the task is canceled or ctx ends, and returns why. It must be called with
// the mutex held and w in a list; it lets go of the mutex while it waits, and
// returns with it held and w in no list. w must not be used afterwards.
//
// If the task is unwound because its loop closes, Wait does not return; what it
// promises about the mutex and the list holds for the caller's deferred functions,
// and owner has been told.
func (w *Waiter) Wait(ctx context.Context, owner Owner) error {
	l := w.list
	w.mu.Unlock()
	if w.host == nil {
		return w.block(ctx, l, owner)
	}
	return w.park(ctx, l, owner)
}

func (w *Waiter) park(ctx context.Context, l *List, owner Owner) error {
	returned := false
	defer func() {
		if !returned {
			w.mu.Lock()
			w.Leave()
			owner.GaveUp(l, w.state == woken)
		}
	}()
	reusable := true
	var err error
	if level := w.level; level != nil {
		stop := context.AfterFunc(level, func() { w.ctxEnded(level) })
		err = w.host.Park(ctx, w.ticket, w)
		reusable = stop() // or else ctxEnded may still come
	} else {
		err = w.host.Park(ctx, w.ticket, w)
	}
	returned = true
	w.mu.Lock()
	w.Leave()
	if err == nil && w.state == canceled {
		err = w.cause
	}
	if err != nil {
		owner.GaveUp(l, w.state == woken)
	}
	if reusable {
		w.Drop()
	}
	return err
}

func (w *Waiter) block(ctx context.Context, l *List, owner Owner) error {
	var done <-chan struct{}
	if ctx != nil && !w.stubborn {
		done = ctx.Done()
	}
	select {
	case <-w.ch:
		w.mu.Lock()
		w.Leave()
		return nil
	case <-done:
	}
	w.mu.Lock()
	w.Leave()
	if w.state == woken {
		return nil // it came at the same moment, and need not be passed on
	}
	owner.GaveUp(l, false)
	return context.Cause(ctx)
}

// Leave takes w out of its list, if it is still there. The mutex is held.
func (w *Waiter) Leave() {
	if w.list != nil {
		w.list.remove(w)
	}
}

// wake ends the wait with success. The mutex is held, and w is waiting.
func (w *Waiter) wake() {
	w.state = woken
	if w.host != nil {
		w.host.Unpark(w.ticket)
		return
	}
	w.ch <- struct{}{} // has room: a waiter is woken once
}

// CancelCause ends the wait because the task is canceled. A waiter that was woken
// before refuses: the task then gets its cancellation beside the wake-up. It
// makes Waiter a whose.Target.
func (w *Waiter) CancelCause(cause error) bool {
	return w.cancel(future.Canceled(cause))
}

// ctxEnded ends the wait because the context that the caller derived has ended.
func (w *Waiter) ctxEnded(ctx context.Context) { w.cancel(bridge.ContextError(ctx)) }

func (w *Waiter) cancel(err error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state != waiting {
		return false
	}
	w.state, w.cause = canceled, err
	if w.list != nil {
		w.list.live--
	}
	w.host.Unpark(w.ticket)
	return true
}
