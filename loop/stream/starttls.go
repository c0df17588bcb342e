package stream

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// StartTLS makes a plain connection one by TLS: the side that accepted it as the server,
// the other as the client, which wants a ServerName in cfg. What was written before is
// sent before, as it is; what is written meanwhile is sent after. What has come and was
// not read belongs to the handshake, so nothing that was injected before it can pass for
// a part of the secure stream. The two ends stay as they are.
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine, for
// [DefaultHandshakeTimeout] at most; the end of ctx ends it. When it fails the connection
// is aborted, for neither side knows any more where it stands. On what is no plain
// connection it returns [ErrNoStartTLS]. It stands for StreamWriter.start_tls.
func (w *Writer) StartTLS(ctx context.Context, cfg *tls.Config) error {
	k := w.link
	if k == nil {
		return ErrNoStartTLS
	}
	if _, ok := k.netConn().(*tls.Conn); ok {
		return ErrNoStartTLS
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	err := whose.Block(ctx, func(ctx context.Context) error { return k.upgrade(ctx, cfg) })
	if err != nil {
		w.Abort()
	}
	k.out.release()
	return err
}

// flush waits until everything is sent, and keeps what comes after.
func (w *Writer) flush(ctx context.Context) error {
	o := w.out
	for {
		o.mu.Lock()
		closing, held, pending := o.closing, o.held, o.pending()
		err := o.whyOver()
		switch {
		case closing || held:
		case pending == 0:
			o.held = true
		default:
			o.paused = true
		}
		o.mu.Unlock()
		switch {
		case closing:
			return err
		case held: // by another call
			return ErrNoStartTLS
		case pending == 0:
			return nil
		}
		if err := o.wait(ctx, "Writer.StartTLS", &o.drains, mustFlush, w.owner); err != nil {
			return err
		}
	}
}

func mustFlush(o *output) bool { return o.pending() > 0 && !o.closing }

// release goes on with what was kept.
func (o *output) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held = false
	if o.pending() > 0 || o.closing || o.wroteEOF {
		o.startSending()
	}
}

// longAgo is the deadline of a read that is to end.
var longAgo = time.Unix(1, 0)

// upgrade does the work of StartTLS. Nothing is written meanwhile.
func (k *link) upgrade(ctx context.Context, cfg *tls.Config) error {
	plain := k.conn // only this call changes it
	k.in.stop()
	if err := plain.SetReadDeadline(longAgo); err != nil {
		return err
	}
	<-k.reading
	if err := plain.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	begun := &prefixed{Conn: plain, prefix: k.in.restart()}
	secure := tls.Client(begun, cfg)
	if k.server {
		secure = tls.Server(begun, cfg)
	}
	conn, err := handshake(ctx, secure, 0)
	if err != nil {
		return err
	}
	k.out.mu.Lock()
	k.conn, k.out.dst, k.out.try = conn, conn, nil
	over := k.out.over
	k.out.mu.Unlock()
	if over {
		return ErrConnectionLost
	}
	k.reading = make(chan struct{})
	go k.read()
	return nil
}

// restart takes out what was not read, and lets a new pump begin.
func (in *input) restart() []byte {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.stopped, in.paused = false, false
	return in.buf.take(in.buf.len())
}

// A prefixed connection has had its beginning read.
type prefixed struct {
	net.Conn
	prefix []byte
}

// Read returns the beginning first.
func (c *prefixed) Read(p []byte) (int, error) {
	if len(c.prefix) > 0 {
		n := copy(p, c.prefix)
		c.prefix = c.prefix[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}
