package stream

import (
	"context"
	"crypto/tls"
	"io"
	"runtime"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/loop/internal/waitlist"
)

// The bounds within which what waits to be sent moves, unless they are set: asyncio's.
const (
	defaultHigh = 64 << 10
	piece       = 64 << 10 // what is sent in one go
)

// An output is what a Writer writes to: what was not sent yet. A goroutine sends it,
// as long as there is something to send.
//
//	open ──Close──► closing ──everything sent──► lost ──► closed
//	  └───────────── an error, Abort ─────────────┘
type output struct {
	dst  io.WriteCloser
	try  tryWrite        // sends what it can without waiting; nil if there is no such way
	peer *input          // of the same connection, nil if there is none
	lost func(err error) // told once, before dst is closed
	gone func()          // told once, after that; may be nil

	mu       sync.Mutex // guards what follows
	buf      []byte     // what was not sent
	off      int        // where it begins
	sending  bool       // the goroutine runs
	paused   bool       // Drain waits
	held     bool       // nothing is to be sent for now
	high     int
	low      int
	wroteEOF bool
	closing  bool
	over     bool  // lost
	err      error // why, if not by Close
	closed   bool
	drains   waitlist.List
	closes   waitlist.List
}

// A tryWrite writes what it can of p without waiting.
type tryWrite func(p []byte) (n int, err error)

func newOutput(dst io.WriteCloser) *output {
	return &output{dst: dst, try: nonblocking(dst), high: defaultHigh, low: defaultHigh / 4}
}

func (o *output) pending() int { return len(o.buf) - o.off }

// write sends p, or keeps a copy of what cannot be sent now.
func (o *output) write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.over || o.closing:
		return 0, o.whyOver()
	case o.wroteEOF:
		return 0, ErrWroteEOF
	}
	n := 0
	if o.try != nil && !o.sending && !o.held && o.pending() == 0 {
		var err error
		if n, err = o.try(p); err != nil {
			o.fail(err)
			return n, err
		}
		if n == len(p) {
			return n, nil
		}
	}
	o.buf = append(o.buf, p[n:]...)
	if o.pending() > o.high {
		o.paused = true
	}
	o.startSending()
	return len(p), nil
}

// whyOver returns what a write or a drain says that comes too late.
func (o *output) whyOver() error {
	if o.err != nil {
		return o.err
	}
	return ErrConnectionLost
}

func (o *output) startSending() {
	if !o.sending && !o.over && !o.held {
		o.sending = true
		go o.send()
	}
}

// send is the goroutine that sends what is there, and ends.
func (o *output) send() {
	for {
		next, last := o.next()
		if next == nil {
			if last != nil {
				last()
			}
			return
		}
		n, err := o.dst.Write(next)
		o.sent(n, err)
	}
}

// next returns what is to be sent, or, when there is nothing, what remains to be done.
func (o *output) next() (p []byte, last func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.over && !o.held && o.pending() > 0 {
		return o.buf[o.off:min(o.off+piece, len(o.buf))], nil
	}
	o.sending = false
	switch {
	case o.over || o.held:
		return nil, nil
	case o.closing:
		return nil, func() { o.end(nil) }
	case o.wroteEOF:
		return nil, o.closeWrite
	}
	return nil, nil
}

func (o *output) sent(n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return
	}
	o.off += n
	switch rest := o.pending(); {
	case rest == 0:
		o.buf, o.off = o.buf[:0], 0
		if cap(o.buf) > keep {
			o.buf = nil
		}
	case o.off > rest:
		o.buf = o.buf[:copy(o.buf, o.buf[o.off:])]
		o.off = 0
	}
	if err != nil {
		o.fail(err)
		return
	}
	if o.paused && o.pending() <= o.low {
		o.paused = false
		o.drains.PopAll()
	}
}

// fail ends the stream because of err. The mutex is held.
func (o *output) fail(err error) {
	if o.begin(err) {
		go o.finish(err)
	}
}

// end ends the stream now: because of err, or as Close and Abort do if it is nil.
func (o *output) end(err error) {
	o.mu.Lock()
	first := o.begin(err)
	o.mu.Unlock()
	if first {
		o.finish(err)
	}
}

// begin begins the end. The mutex is held. It reports whether this is the first call.
func (o *output) begin(err error) bool {
	if o.over {
		return false
	}
	o.over, o.closing, o.err = true, true, err
	o.buf, o.off = nil, 0
	o.paused = false
	o.drains.PopAll()
	return true
}

// finish closes what is below, which may take a moment, and tells of it.
func (o *output) finish(err error) {
	if o.lost != nil {
		o.lost(err)
	}
	o.mu.Lock()
	dst := o.dst
	o.mu.Unlock()
	_ = dst.Close() // the next write returns the first error
	if o.peer != nil {
		o.peer.end(err)
	}
	o.mu.Lock()
	o.closed = true
	o.closes.PopAll()
	o.mu.Unlock()
	if o.gone != nil {
		o.gone()
	}
}

// close ends the stream once everything is sent, or at once because of err.
func (o *output) close(err error) {
	if err != nil {
		o.end(err)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing {
		return
	}
	o.closing = true
	if o.peer != nil {
		o.peer.ignore()
	}
	o.startSending() // which closes when there is nothing to send
}

// wait waits in list, as long as must says so.
func (o *output) wait(ctx context.Context, what string, list *waitlist.List, must func(*output) bool, keep any) error {
	w, err := waitlist.New(ctx, &o.mu, what)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !must(o) {
		w.Drop()
		return nil
	}
	w.Join(list)
	err = w.Wait(ctx, nothing{})
	runtime.KeepAlive(keep)
	return err
}

// abort ends the stream now, whatever was not sent.
func (o *output) abort() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.begin(nil) {
		return
	}
	go func(dst io.Closer) {
		if secure, ok := dst.(*tls.Conn); ok {
			_ = secure.NetConn().Close() // without a farewell, which may take long
		}
		o.finish(nil)
	}(o.dst)
}

// bind ties the stream to the loop that ctx carries, if it carries one.
func (o *output) bind(ctx context.Context) {
	t := new(tie)
	o.gone = t.release
	t.bind(ctx, o.abort)
}
