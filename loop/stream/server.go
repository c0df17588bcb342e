package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/internal/waitlist"
)

// A Handler serves one client, as a task of its own. When it returns, the connection is
// closed, if it has not done so: what it starts and does not wait for cannot go on with
// the streams. It stands for client_connected_cb.
type Handler func(ctx context.Context, r *Reader, w *Writer) error

// ServerOptions adjust a server. The zero value is plain and has asyncio's limits.
type ServerOptions struct {
	// Limit is that of the clients' Readers; see [Options]. Zero means
	// [DefaultLimit], less is [ErrLimit].
	Limit int

	// TLS, if not nil, is how the server speaks TLS. It stands for the argument ssl.
	TLS *tls.Config

	// HandshakeTimeout bounds each TLS handshake. Zero means
	// [DefaultHandshakeTimeout], less than zero no bound.
	HandshakeTimeout time.Duration

	// ListenConfig makes the listener, with its socket options.
	ListenConfig net.ListenConfig

	// Paused makes the server wait for [Server.StartServing] or [Server.Serve]
	// before it takes clients. It stands for start_serving=False.
	Paused bool

	// KeepSocket leaves the file of a Unix socket where it is when the server
	// closes. It stands for cleanup_socket=False.
	KeepSocket bool

	// Grace is how long [Server.Serve], once canceled, waits for the clients to
	// be sent what was written to them. Zero means five seconds; less than zero no
	// time at all.
	Grace time.Duration
}

const defaultGrace = 5 * time.Second

// A Server takes connections and runs a [Handler] for each. It stands for
// asyncio.Server. Its methods may be called from any goroutine.
type Server struct {
	ctx     context.Context //nolint:containedctx // what handlers' contexts derive from
	l       *loop.Loop
	handler Handler
	ln      net.Listener
	opts    ServerOptions
	limit   int
	forget  func()        // takes back what the loop does at its end
	socket  *socketFile   // of a Unix socket that is to be removed
	quit    chan struct{} // closed by Close

	mu      sync.Mutex // guards what follows
	clients map[*client]struct{}
	serving bool // the goroutine that accepts runs
	closed  bool
	runs    bool // a call of Serve runs
	waiting waitlist.List
}

// StartServer listens on an address, as net.Listen does, and runs handler for every
// client, each as a task on the loop that ctx carries. It returns at once; close the
// Server at the end, or let [Server.Serve] do it.
//
//	srv, err := stream.StartServer(ctx, handle, "tcp", "localhost:8080")
//	srv, err := stream.StartServer(ctx, handle, "unix", "/run/some.sock")
//
// An address without a host, ":8080", is reachable from everywhere. The file of a Unix
// socket at which no server answers any more is replaced; [Server.Close] removes it.
//
// Handlers get the values of ctx. Canceling the calling task does not cancel them; what
// the caller derived from its context, a deadline say, does when it ends. What a handler
// returns as an error, and a panic, is reported to the loop's exception handler. When
// the loop closes so do the server and its connections. Without a loop it returns
// loop.ErrNoLoop. It stands for asyncio.start_server and asyncio.start_unix_server.
func StartServer(ctx context.Context, handler Handler, network, address string) (*Server, error) {
	return StartServerWith(ctx, handler, network, address, ServerOptions{})
}

// StartServerWith is [StartServer] with options.
func StartServerWith(ctx context.Context, handler Handler, network, address string, opts ServerOptions) (*Server, error) {
	var ln net.Listener
	err := whose.Block(ctx, func(ctx context.Context) error { // it may look up a name
		var err error
		ln, err = listen(ctx, &opts.ListenConfig, network, address)
		return err
	})
	if err != nil {
		return nil, err
	}
	return StartServerOn(ctx, handler, ln, opts)
}

// StartServerOn is [StartServerWith] on a listener that there is already, which it
// takes over; if it fails it closes it. It stands for start_server(sock=…).
func StartServerOn(ctx context.Context, handler Handler, ln net.Listener, opts ServerOptions) (*Server, error) {
	s, err := newServer(ctx, handler, ln, opts)
	if err != nil {
		_ = ln.Close() // it was not used
		return nil, err
	}
	if !opts.Paused {
		return s, s.StartServing()
	}
	return s, nil
}

func newServer(ctx context.Context, handler Handler, ln net.Listener, opts ServerOptions) (*Server, error) {
	limit, err := limitOf(opts.Limit)
	if err != nil {
		return nil, err
	}
	l, err := loop.FromContext(ctx)
	if err != nil {
		return nil, err
	}
	s := &Server{ctx: ctx, l: l, handler: handler, ln: ln, opts: opts, limit: limit, quit: make(chan struct{}), clients: map[*client]struct{}{}}
	if !opts.KeepSocket {
		s.socket = socketOf(ln)
	}
	forget, ok := bridge.AtClose(l, s.abort)
	if !ok {
		return nil, loop.ErrClosed
	}
	s.forget = forget
	return s, nil
}

// Addr returns the address on which the server listens. It stands for
// Server.sockets[0].getsockname().
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Listener returns what the server listens on, for its options. It stands for
// Server.sockets.
func (s *Server) Listener() net.Listener { return s.ln }

// IsServing reports whether the server takes clients. It stands for Server.is_serving.
func (s *Server) IsServing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serving && !s.closed
}

// Clients returns how many connections there are.
func (s *Server) Clients() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients)
}

// StartServing begins to take clients, if that was put off. It does not block; a
// second call does nothing, and one after Close returns [ErrServerClosed]. It stands
// for Server.start_serving.
func (s *Server) StartServing() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrServerClosed
	}
	if !s.serving {
		s.serving = true
		go s.accept()
	}
	return nil
}

// Close ends the listening. The connections stay; see [Server.CloseClients]. It does
// not block, and a second call does nothing. It stands for Server.close.
func (s *Server) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	if first && len(s.clients) == 0 {
		s.waiting.PopAll()
	}
	s.mu.Unlock()
	if !first {
		return nil
	}
	close(s.quit)
	err := s.ln.Close()
	s.socket.remove()
	s.forgetIfOver()
	return err
}

// CloseClients closes every connection once what was written to it is sent; see
// [Writer.Close]. Handlers that read come to the end of their streams. It does not
// block, and stands for Server.close_clients.
func (s *Server) CloseClients() {
	for _, c := range s.snapshot() {
		c.close()
	}
}

// AbortClients closes every connection at once. It does not block, and stands for
// Server.abort_clients.
func (s *Server) AbortClients() {
	for _, c := range s.snapshot() {
		c.abort()
	}
}

func (s *Server) snapshot() []*client {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*client, 0, len(s.clients))
	for c := range s.clients {
		all = append(all, c)
	}
	return all
}

// WaitClosed waits until the server is closed and the last connection is gone. It does
// not wait for handlers that go on without theirs. It waits like [Writer.Drain], and
// stands for Server.wait_closed.
func (s *Server) WaitClosed(ctx context.Context) error {
	for {
		s.mu.Lock()
		over := s.isOver()
		s.mu.Unlock()
		if over {
			return nil
		}
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
}

// isOver reports whether nothing is left of the server. The mutex is held.
func (s *Server) isOver() bool { return s.closed && len(s.clients) == 0 }

func (s *Server) wait(ctx context.Context) error {
	w, err := waitlist.New(ctx, &s.mu, "Server.WaitClosed")
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isOver() {
		w.Drop()
		return nil
	}
	w.Join(&s.waiting)
	return w.Wait(ctx, nothing{})
}

// Serve takes clients until the server is closed or ctx ends, by the cancellation of
// the task say. It then closes the server and waits for the connections to go. After
// [Server.Close] they end as they like, and Serve returns nil. After a cancellation it
// closes them, aborts after ServerOptions.Grace what is left of them, and returns the
// cancellation: nothing holds up the end of the program.
//
// It waits like [Writer.Drain]. While another call runs it returns [ErrServing], after
// Close [ErrServerClosed]. It stands for Server.serve_forever; "async with server" is
// a deferred Close.
func (s *Server) Serve(ctx context.Context) error {
	s.mu.Lock()
	switch {
	case s.closed:
		s.mu.Unlock()
		return ErrServerClosed
	case s.runs:
		s.mu.Unlock()
		return ErrServing
	}
	s.runs = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.runs = false
		s.mu.Unlock()
	}()
	if err := s.StartServing(); err != nil {
		return err
	}
	err := s.WaitClosed(ctx)
	if err == nil || errors.Is(err, loop.ErrWouldBlock) {
		return err
	}
	return errors.Join(err, s.wind(context.WithoutCancel(ctx)))
}

// wind closes everything, whatever the clients do.
func (s *Server) wind(ctx context.Context) error {
	closeErr := s.Close()
	grace := s.opts.Grace
	if grace == 0 {
		grace = defaultGrace
	}
	s.CloseClients()
	limit := time.AfterFunc(max(grace, 0), s.AbortClients)
	defer limit.Stop()
	return errors.Join(closeErr, s.WaitClosed(ctx))
}

// abort is what the loop does at its end.
func (s *Server) abort() {
	_ = s.Close() // nothing is left to which the error could matter
	s.AbortClients()
}

func (s *Server) forgetIfOver() {
	s.mu.Lock()
	over := s.isOver()
	s.mu.Unlock()
	if over {
		s.forget()
	}
}

// String describes the server for logs.
func (s *Server) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := "paused"
	switch {
	case s.closed:
		state = "closed"
	case s.serving:
		state = "serving"
	}
	return fmt.Sprintf("<Server %s %s clients=%d>", s.ln.Addr(), state, len(s.clients))
}
