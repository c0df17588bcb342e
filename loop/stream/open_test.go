package stream_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/internal/looptest"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

func TestOpenConnection(t *testing.T) {
	secure, client := certificate()
	for _, tt := range []struct {
		name, network string
		opts          stream.Options
		secure        bool
	}{
		{"tcp", "tcp", stream.Options{}, false},
		{"unix", "unix", stream.Options{}, false},
		{"tcp with TLS", "tcp", stream.Options{TLS: client}, true},
		{"unix with TLS", "unix", stream.Options{TLS: &tls.Config{RootCAs: client.RootCAs, ServerName: "localhost"}}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			address := "127.0.0.1:0"
			if tt.network == "unix" {
				address = socketPath(t)
			}
			ln := listenPlain(t, tt.network, address)
			if tt.secure {
				ln = tls.NewListener(ln, secure)
			}
			addr := plainServer(t, ln)
			get := func(ctx context.Context) error {
				r, w, err := stream.OpenConnectionWith(ctx, tt.network, addr.String(), tt.opts)
				if err != nil {
					return err
				}
				defer w.Close()
				if _, err := w.WriteString("GET / HTTP/1.0\r\n\r\n"); err != nil {
					return err
				}
				line, err := r.ReadLine(ctx)
				if err != nil || string(line) != "HTTP/1.0 200 OK\r\n" {
					return errors.Join(err, errors.New(string(line)))
				}
				rest, err := r.ReadAll(ctx)
				if err != nil || !strings.HasSuffix(string(rest), "\r\n\r\nTest message") {
					return errors.Join(err, errors.New(string(rest)))
				}
				_, isTLS := w.Conn().(*tls.Conn)
				if isTLS != tt.secure || w.IsClosing() {
					return errors.New("the state is wrong")
				}
				_ = w.Close()
				if !w.IsClosing() {
					return errors.New("it is not closing")
				}
				return w.WaitClosed(ctx)
			}
			t.Run("in a task", func(t *testing.T) {
				require.Empty(t, onLoop(t, func(s *scene) { s.OK(get(s.Ctx)) }))
			})
			t.Run("in a goroutine", func(t *testing.T) {
				require.NoError(t, get(t.Context()))
			})
		})
	}
}

func TestTheRefusalOfAConnection(t *testing.T) {
	ln := listenPlain(t, "tcp", "127.0.0.1:0")
	require.NoError(t, ln.Close())
	refused := syscall.ECONNREFUSED
	if runtime.GOOS == "windows" {
		refused = 10061 // WSAECONNREFUSED: package syscall invents the other one there
	}
	onLoop(t, func(s *scene) {
		_, _, err := stream.OpenConnection(s.Ctx, "tcp", ln.Addr().String())
		require.ErrorIs(t, err, refused)
		_, client := certificate()
		_, _, err = stream.OpenConnectionWith(s.Ctx, "tcp", ln.Addr().String(), stream.Options{TLS: client})
		require.ErrorIs(t, err, refused)
	})
}

func TestACertificateThatIsNotTrusted(t *testing.T) {
	secure, _ := certificate()
	reports := onLoop(t, func(s *scene) {
		srv := serve(s, echoLine, stream.ServerOptions{TLS: secure})
		_, _, err := stream.OpenConnectionWith(s.Ctx, "tcp", srv.Addr().String(), stream.Options{TLS: &tls.Config{}})
		require.ErrorAs(t, err, new(*tls.CertificateVerificationError))
		shut(s, srv)
	})
	require.Empty(t, reports, "that a client gives up is no error of the server")
}

// silentListener accepts and says nothing.
func silentListener(t *testing.T) net.Listener {
	t.Helper()
	ln := listenPlain(t, "tcp", "127.0.0.1:0")
	done := make(chan struct{})
	go func() {
		defer close(done)
		var conns []net.Conn
		for {
			conn, err := ln.Accept()
			if err != nil {
				break
			}
			conns = append(conns, conn)
		}
		for _, conn := range conns {
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, ln.Close())
		<-done
	})
	return ln
}

// The handshake waits for a server that says nothing.
func TestWhatEndsAHandshake(t *testing.T) {
	address := silentListener(t).Addr().String()
	open := func(ctx context.Context, limit time.Duration) error {
		_, client := certificate()
		_, _, err := stream.OpenConnectionWith(ctx, "tcp", address, stream.Options{TLS: client, HandshakeTimeout: limit})
		return err
	}
	t.Run("its limit", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			require.ErrorIs(t, open(s.Ctx, time.Millisecond), context.DeadlineExceeded)
		})
	})
	t.Run("a cancellation", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			task := s.Spawn(func(ctx context.Context) error { return open(ctx, -1) })
			s.Turn()
			task.Cancel()
			require.Error(t, s.AwaitErr(task))
			require.True(t, task.Canceled())
		})
	})
	t.Run("a timeout", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			err := loop.Timeout(s.Ctx, time.Millisecond, func(ctx context.Context) error { return open(ctx, -1) })
			require.ErrorIs(t, err, loop.ErrTimeout)
		})
	})
	t.Run("the end of the loop", func(t *testing.T) {
		looptest.Doomed(t, func(ctx context.Context) error { return open(ctx, -1) })()
	})
}

func TestACallbackCannotOpenAConnection(t *testing.T) {
	onLoop(t, func(s *scene) {
		var err, serverErr error
		s.Soon(func() {
			_, _, err = stream.OpenConnection(s.Ctx, "tcp", "127.0.0.1:1")
			_, serverErr = stream.StartServer(s.Ctx, echoLine, "tcp", "127.0.0.1:0")
		})
		s.Turn()
		require.ErrorIs(t, err, loop.ErrWouldBlock)
		require.ErrorIs(t, serverErr, loop.ErrWouldBlock)
	})
}

// What is open when the loop ends, and what is out of reach, leaves neither
// goroutine nor descriptor: TestMain looks.
func TestTheEndOfTheLoopClosesWhatIsOpen(t *testing.T) {
	var client *stream.Writer
	var srv *stream.Server
	onLoop(t, func(s *scene) {
		srv = serve(s, func(ctx context.Context, _ *stream.Reader, _ *stream.Writer) error {
			return loop.Sleep(ctx, time.Hour)
		}, stream.ServerOptions{})
		_, client = open(s, srv, stream.Options{})
		s.OK(client.Drain(s.Ctx))
	})
	require.NoError(t, client.WaitClosed(t.Context()))
	require.NoError(t, srv.WaitClosed(t.Context()))
	_, err := client.WriteString("too late")
	require.ErrorIs(t, err, stream.ErrConnectionLost)
	require.ErrorIs(t, err, net.ErrClosed)
	require.ErrorIs(t, client.Drain(t.Context()), stream.ErrConnectionLost)
}

func TestAConnectionOutOfReachIsClosed(t *testing.T) {
	here, there := pair(t)
	func() { stream.Wrap(t.Context(), here, 0) }()
	told := make(chan error, 1)
	go func() {
		_, err := there.Read(make([]byte, 1))
		told <- err
	}()
	for {
		runtime.GC()
		select {
		case err := <-told:
			require.ErrorIs(t, err, io.EOF)
			require.NoError(t, there.Close())
			return
		default:
			runtime.Gosched()
		}
	}
}

func TestAConnectionIsHeldByTheReadThatWaits(t *testing.T) {
	here, there := pair(t)
	got := make(chan string, 1)
	go func() {
		r, _ := stream.Wrap(t.Context(), here, 0)
		data, _ := r.ReadAll(t.Context())
		got <- string(data)
	}()
	for range 10 {
		runtime.GC()
	}
	_, err := there.Write([]byte("it came"))
	require.NoError(t, err)
	require.NoError(t, there.Close())
	require.Equal(t, "it came", <-got)
}

// lateContext has a deadline of which Done tells late, as that of a loop that is busy.
type lateContext struct {
	context.Context
	deadline time.Time
}

func (c lateContext) Deadline() (time.Time, bool) { return c.deadline, true }

func TestADeadlineIsToldAsTheContextTellsIt(t *testing.T) {
	why := errors.New("the time is over")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, why)
	defer cancel()
	_, _, err := stream.OpenConnection(lateContext{ctx, time.Now()}, "tcp", silentListener(t).Addr().String())
	require.ErrorIs(t, err, why)
	require.ErrorContains(t, err, "dial tcp", "what could not be had in time")
}
