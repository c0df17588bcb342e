package child

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A control watches the control socket of a worker process.
type control struct {
	conn      *proc.Conn
	fetch     *proc.Fetcher
	welcome   chan wire.Message
	terminate func() // is as SIGTERM

	endMu  sync.Mutex  // held while ending is set
	ending atomic.Bool // the process may be about to end

	released atomic.Pointer[pins] // set when there are any

	call  atomic.Pointer[callContext]  // that began last; nil if none has
	early atomic.Pointer[wire.Message] // a Cancel of a call that was taken and has not begun; nil if there is none
}

// inheritedControl begins its watch before main does, so that the process ends
// with its parent even if it never gets to Main.
var inheritedControl = watchParent()

func watchParent() *control {
	in := proc.Parent()
	if in == nil {
		return nil
	}
	c := &control{conn: in.Control, fetch: proc.NewFetcher(in.Control), welcome: make(chan wire.Message, 1), terminate: in.Terminate}
	go c.listen()
	return c
}

// listen receives the parent's messages. The end of the socket means that the
// parent is gone or has no more work: the process ends at once, whatever it is
// doing, for the outcome will never be asked for.
func (c *control) listen() {
	for {
		m, file, err := c.conn.Recv()
		if errors.Is(err, io.EOF) {
			os.Exit(exitParentGone)
		}
		if err != nil {
			if !errors.Is(err, wire.ErrGarbage) {
				err = fmt.Errorf("the control socket has failed: %w", err)
			}
			garbage(err)
		}
		c.receive(m, file)
	}
}

// receive takes one message. It does not wait.
func (c *control) receive(m wire.Message, file *os.File) {
	if m.Kind == wire.Fetched {
		c.fetch.Fetched(m, file)
		return
	}
	if file != nil {
		_ = file.Close()
	}
	switch m.Kind {
	case wire.Welcome:
		m.Body = append([]byte(nil), m.Body...)
		select {
		case c.welcome <- m:
		default:
		}
	case wire.Cancel:
		c.cancelCall(m)
	case wire.Release:
		if pins := c.released.Load(); pins != nil {
			pins.unpin(m.ID)
		}
	case wire.Terminate:
		c.end(m.ID)
	case wire.Fetch:
		// On a goroutine: the answer may have to wait for room.
		go func() { _ = c.fetch.Answer(m) }()
	default:
		// Nothing else makes sense from a parent, and a parent does
		// nothing that makes no sense.
	}
}

// end ends the process, unless the program handles that. If call is not 0 it does so
// only while that one runs, and no other begins meanwhile.
func (c *control) end(call uint64) {
	c.endMu.Lock()
	defer c.endMu.Unlock()
	c.ending.Store(true)
	defer c.ending.Store(false)
	if call == 0 || call == c.current() {
		c.terminate()
	}
}

// awaitEnd is called between two calls, before the next one is taken. Either it sees that
// the process is about to end, or end sees that the call before has finished.
func (c *control) awaitEnd() {
	if c.ending.Load() {
		c.endMu.Lock()
		defer c.endMu.Unlock()
	}
}

// begin says which call runs now. The ids of calls only grow.
func (c *control) begin(ctx *callContext) {
	c.call.Store(ctx)
	if early := c.early.Load(); early != nil && c.early.CompareAndSwap(early, nil) {
		c.cancelCall(*early)
	}
}

// current returns the id of the call that runs, 0 if none does.
func (c *control) current() uint64 {
	if ctx := c.call.Load(); ctx != nil && ctx.reporter.phase.Load() != finished {
		return ctx.reporter.id
	}
	return 0
}

// last returns the id of the call that began last, 0 if none has.
func (c *control) last() uint64 {
	if ctx := c.call.Load(); ctx != nil {
		return ctx.reporter.id
	}
	return 0
}

// cancelCall ends the context of a call, if that is still the one that runs.
func (c *control) cancelCall(m wire.Message) {
	if m.ID > c.last() {
		// The parent cancels a call only once this process has taken it, so
		// it is about to begin.
		m.Body = append([]byte(nil), m.Body...)
		c.early.Store(&m)
		if m.ID > c.last() {
			return // begin will see it
		}
	}
	ctx := c.call.Load()
	if ctx == nil || ctx.reporter.id != m.ID {
		return
	}
	text := string(m.Body)
	if m.Aux == wire.CanceledDeadline || ctx.overdue() {
		ctx.expire()
		return
	}
	ctx.end(future.Canceled(errors.New(text)))
}

// bell wakes a parent that waits at the control socket.
func (c *control) bell() {
	_ = c.conn.Send(wire.Message{Kind: wire.Bell}, -1) // if it fails the parent is gone, and listen sees that
}
