package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// DefaultHandshakeTimeout is the time that a TLS handshake may take, as in asyncio.
const DefaultHandshakeTimeout = 60 * time.Second

// Options adjust a connection. The zero value is plain and has asyncio's limits.
type Options struct {
	// Limit bounds the lines of the Reader and, twice, what it takes in before it
	// is read. Zero means [DefaultLimit], less is [ErrLimit].
	Limit int

	// TLS, if not nil, makes it a connection by TLS, to the host of the address
	// unless ServerName is set. It stands for the argument ssl.
	TLS *tls.Config

	// HandshakeTimeout bounds the TLS handshake. Zero means
	// [DefaultHandshakeTimeout], less than zero no bound.
	HandshakeTimeout time.Duration

	// Dialer makes the connection: it has the local address, the delay of "happy
	// eyeballs", and keep-alive.
	Dialer net.Dialer
}

// OpenConnection connects to an address, as net.Dial does, and returns the two ends of
// the stream. Close the Writer when it is no longer needed.
//
//	r, w, err := stream.OpenConnection(ctx, "tcp", "localhost:8080")
//	r, w, err := stream.OpenConnection(ctx, "unix", "/run/some.sock")
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine. If ctx
// is done, or the task is canceled, meanwhile, it returns that and no connection is
// left. If ctx carries a loop, a connection that is still open when that closes is
// aborted. It stands for asyncio.open_connection and asyncio.open_unix_connection.
func OpenConnection(ctx context.Context, network, address string) (*Reader, *Writer, error) {
	return OpenConnectionWith(ctx, network, address, Options{})
}

// OpenConnectionWith is [OpenConnection] with options.
func OpenConnectionWith(ctx context.Context, network, address string, opts Options) (*Reader, *Writer, error) {
	limit, err := limitOf(opts.Limit)
	if err != nil {
		return nil, nil, err
	}
	var made handover
	defer made.abandon()
	err = whose.Block(ctx, func(ctx context.Context) error {
		conn, err := opts.dial(ctx, network, address)
		if err == nil {
			made.put(conn)
		}
		return tellDeadline(ctx, err)
	})
	if err != nil {
		return nil, nil, err
	}
	r, w := Wrap(ctx, made.take(), limit)
	return r, w, nil
}

// tellDeadline adds the reason for which ctx ends to an err that says that its deadline has
// passed: package net sets a timer of its own for that, which may be earlier.
func tellDeadline(ctx context.Context, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	for {
		deadline, ok := ctx.Deadline()
		if !ok || time.Now().Before(deadline) {
			return err // it was another one, or was moved
		}
		again := time.NewTimer(10 * time.Millisecond)
		select {
		case <-ctx.Done():
			again.Stop()
			return fmt.Errorf("%w: %w", err, context.Cause(ctx))
		case <-again.C:
		}
	}
}

func (opts *Options) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := opts.Dialer.DialContext(ctx, network, address)
	if err != nil || opts.TLS == nil {
		return conn, err
	}
	cfg := opts.TLS
	if cfg.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		cfg = cfg.Clone()
		cfg.ServerName = host
	}
	return handshake(ctx, tls.Client(conn, cfg), opts.HandshakeTimeout)
}

// handshake returns conn once it is ready, or closes it.
func handshake(ctx context.Context, conn *tls.Conn, limit time.Duration) (net.Conn, error) {
	if limit == 0 {
		limit = DefaultHandshakeTimeout
	}
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.NetConn().Close() // the handshake's error is the one to tell
		return nil, err
	}
	return conn, nil
}

// A handover passes a connection from the goroutine that makes it to the task that
// waits for it. If that is unwound meanwhile, because its loop closes, the connection
// is closed.
type handover struct {
	mu   sync.Mutex // guards what follows
	conn net.Conn
	left bool
}

func (h *handover) put(conn net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left {
		_ = conn.Close() // it was not used
		return
	}
	h.conn = conn
}

func (h *handover) take() net.Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	conn := h.conn
	h.conn = nil
	return conn
}

func (h *handover) abandon() {
	if conn := h.take(); conn != nil {
		_ = conn.Close() // it was not used
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.left = true
}
