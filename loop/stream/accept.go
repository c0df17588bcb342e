package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// acceptRetry is how long a server waits after it could not take a client, as asyncio
// does: nearly always there are too many open files.
const acceptRetry = time.Second

// accept is the goroutine that takes clients.
func (s *Server) accept() {
	for {
		conn, err := s.ln.Accept()
		if err == nil {
			s.meet(conn)
			continue
		}
		select {
		case <-s.quit:
			return
		default:
		}
		s.report(loop.ExceptionContext{Message: "A server could not accept a client, and tries again in a second", Err: err})
		if errors.Is(err, net.ErrClosed) { // not by this server
			_ = s.Close() // it is closed already
			return
		}
		select {
		case <-s.quit:
			return
		case <-time.After(acceptRetry):
		}
	}
}

// report tells the exception handler, on the loop.
func (s *Server) report(ec loop.ExceptionContext) {
	s.l.CallSoonThreadsafe(func() { s.l.CallExceptionHandler(ec) })
}

// A client is a connection of a server.
type client struct {
	s    *Server
	conn net.Conn
	out  *output            // nil during the handshake
	stop context.CancelFunc // ends the handshake
}

// meet takes conn in, unless the server was closed meanwhile.
func (s *Server) meet(conn net.Conn) {
	c := &client{s: s, conn: conn, stop: func() {}}
	var handshaking context.Context
	if s.opts.TLS != nil {
		handshaking, c.stop = context.WithCancel(context.WithoutCancel(s.ctx))
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		c.stop()
		_ = conn.Close() // it was not used
		return
	}
	s.clients[c] = struct{}{}
	s.mu.Unlock()
	if handshaking != nil {
		go c.greet(handshaking)
		return
	}
	c.serve(conn)
}

// greet makes a TLS connection of the client's. One that does not know how is no
// concern of the server.
func (c *client) greet(ctx context.Context) {
	defer c.stop()
	conn, err := handshake(ctx, tls.Server(c.conn, c.s.opts.TLS), c.s.opts.HandshakeTimeout)
	if err != nil {
		c.gone()
		return
	}
	c.serve(conn)
}

// serve starts the handler.
func (c *client) serve(conn net.Conn) {
	s := c.s
	k := newLink(conn, s.limit)
	k.server = true
	k.out.gone = c.gone
	s.mu.Lock()
	c.out = k.out
	s.mu.Unlock()
	r, w := k.start()
	t := loop.Spawn(loop.WithLoop(s.ctx, s.l), func(ctx context.Context) error {
		return s.handler(ctx, r, w)
	}, loop.WithName("client "+conn.RemoteAddr().String()))
	t.OnDone(func() {
		if err := t.Err(); err != nil && !future.IsCanceled(err) && !errors.Is(err, loop.ErrClosed) {
			s.l.CallExceptionHandler(loop.ExceptionContext{
				Message: "Unhandled exception in client_connected_cb",
				Err:     err,
				Task:    t.Name(),
			})
		}
		_ = w.Close() // it never fails
		runtime.KeepAlive(r)
	})
}

// gone notes that the connection is closed.
func (c *client) gone() {
	s := c.s
	s.mu.Lock()
	delete(s.clients, c)
	if s.isOver() {
		s.waiting.PopAll()
	}
	s.mu.Unlock()
	s.forgetIfOver()
}

func (c *client) output() *output {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.out
}

func (c *client) close() {
	if out := c.output(); out != nil {
		out.close(nil)
		return
	}
	c.stop() // there is nothing to be sent yet
}

func (c *client) abort() {
	if out := c.output(); out != nil {
		out.abort()
		return
	}
	c.stop()
}
