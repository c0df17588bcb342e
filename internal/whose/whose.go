// Package whose answers the question on which every blocking call of asyncgo
// depends: whose goroutine is this?
//
// There are three answers. It is a task's coroutine: the call suspends the task
// and its loop goes on. It is a loop's own goroutine inside a bare callback: a
// blocking call would stop the loop and must fail at once. It is
// any other: the call blocks the goroutine as usual.
//
// A context alone cannot answer: a goroutine that a task started holds the
// task's context and yet must block itself. So the context is only a hint, and
// the goroutine's id decides.
package whose

import "context"

// A Host runs on a goroutine that a loop owns: a task, or the loop itself
// between tasks. All methods but Unpark are for the goroutine that owns it.
type Host interface {
	// Owns reports whether the calling goroutine is the host's own. It is
	// the one method, with Unpark, that any goroutine may call.
	Owns() bool

	// Home identifies the loop; the value is comparable.
	Home() any

	// CanPark reports whether the host may be suspended: true for a task,
	// false for a callback that runs on the loop's own goroutine.
	CanPark() bool

	// Prepare begins a wait and returns its ticket. What is to end the
	// wait gets the ticket before Park is called; an Unpark that comes
	// before Park makes Park return at the loop's next iteration.
	Prepare() (ticket uint64)

	// Admit begins a wait with ctx, for which nothing is there yet. It returns
	// an error if ctx is done: every wait with such a context fails. The host
	// gives up a turn before, so that a body which ignores its cancellation
	// does not stop the loop.
	//
	// Otherwise level is what ends the wait besides the requests of which Park
	// tells: a context that the user derived. It is nil if there is none.
	Admit(ctx context.Context) (level context.Context, err error)

	// Park suspends the host until Unpark is called with the ticket, and
	// returns nil then. A request to cancel the host that reaches ctx cancels
	// on, which may be nil, or if that cannot be ends the wait: Park then
	// returns the cancellation. A request that came before and of which no wait
	// has told is told by this one. That ctx is done already does not matter.
	Park(ctx context.Context, ticket uint64, on Target) error

	Unparker

	// Recancel puts back a cancellation of which Park has told and which could
	// not be honoured, so that the next wait meets it.
	Recancel(cause error)
}

// An Unparker is told of the end of a wait.
type Unparker interface {
	// Unpark ends the wait that ticket stands for. A ticket that is spent
	// or outdated is ignored. It is safe from any goroutine.
	Unpark(ticket uint64)
}

// A Target is what a parked host waits for.
type Target interface {
	// CancelCause asks the target to end. It reports whether the target
	// takes that as the cause of its end, which may come later.
	CancelCause(cause error) bool
}

// An Ender is a Target that can say that its end is on its way already. A request that
// it refuses then does not end the wait, which will tell of the request when it ends.
type Ender interface {
	Ending() bool
}

// A Counter is a Host that counts the requests to cancel it. A wait with a limit, which
// in asyncio cancels the task that waits, counts its own as long as it lasts.
type Counter interface {
	Count(requests int)
}

// A Provider names the host that currently runs on a registered goroutine.
type Provider interface {
	// CurrentHost is called on the registered goroutine.
	CurrentHost() Host
}

// A Carrier is a context that belongs to a host: a short cut to Value(Key).
type Carrier interface {
	context.Context
	Host() Host
}

type hostKey struct{}

// Key is the context key under which a task's context returns its Host.
var Key any = hostKey{}

// goroutines is read by calls whose context did not answer already, and written when a
// loop starts or makes a coroutine.
var goroutines registry

// Register declares that the goroutine id belongs to p until Unregister.
func Register(id int64, p Provider) { goroutines.store(id, p) }

// Unregister forgets the goroutine id.
func Unregister(id int64) { goroutines.delete(id) }

// Current returns the host that owns the calling goroutine, or nil for a
// goroutine that no loop owns.
func Current(ctx context.Context) Host {
	if c, ok := ctx.(Carrier); ok {
		if h := c.Host(); h.Owns() {
			return h
		}
	} else if ctx != nil {
		if h, ok := ctx.Value(Key).(Host); ok && h.Owns() {
			return h
		}
	}
	if p, ok := goroutines.load(ID()); ok {
		return p.CurrentHost()
	}
	return nil
}

// A Latch is a context whose Err looks at a flag and at nothing else, and whose
// Done is costly the first time. Code that asks often whether it has ended asks Err.
type Latch interface {
	context.Context
	Latch()
}
