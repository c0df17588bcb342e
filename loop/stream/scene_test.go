package stream_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/internal/looptest"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

type scene = looptest.Scene

// onLoop runs main as a task on a loop that reports what its exception handler is told.
func onLoop(t *testing.T, main func(s *scene)) (reports []loop.ExceptionContext) {
	t.Helper()
	var mu sync.Mutex
	cfg := loop.Config{ExceptionHandler: func(_ *loop.Loop, ec loop.ExceptionContext) {
		mu.Lock()
		defer mu.Unlock()
		reports = append(reports, ec)
	}}
	_, err := loop.RunWith(t.Context(), cfg, func(ctx context.Context) (struct{}, error) {
		main(&scene{T: t, Ctx: ctx, L: loop.Current(ctx)})
		return struct{}{}, nil
	})
	require.NoError(t, err)
	mu.Lock()
	defer mu.Unlock()
	return reports
}

// serve starts a server on loopback, which is closed at the end.
func serve(s *scene, handler stream.Handler, opts stream.ServerOptions) *stream.Server {
	s.Helper()
	srv, err := stream.StartServerWith(s.Ctx, handler, "tcp", "127.0.0.1:0", opts)
	s.OK(err)
	return srv
}

// open connects to srv.
func open(s *scene, srv *stream.Server, opts stream.Options) (*stream.Reader, *stream.Writer) {
	s.Helper()
	addr := srv.Addr()
	r, w, err := stream.OpenConnectionWith(s.Ctx, addr.Network(), addr.String(), opts)
	s.OK(err)
	return r, w
}

// shut closes everything and waits for it.
func shut(s *scene, srv *stream.Server, ws ...*stream.Writer) {
	s.Helper()
	for _, w := range ws {
		s.OK(w.Close())
		s.OK(w.WaitClosed(s.Ctx))
	}
	s.OK(srv.Close())
	s.OK(srv.WaitClosed(s.Ctx))
}

// echoLine sends one line back.
func echoLine(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
	line, err := r.ReadLine(ctx)
	if err != nil {
		return err
	}
	if _, err := w.Write(line); err != nil {
		return err
	}
	if err := w.Drain(ctx); err != nil {
		return err
	}
	_ = w.Close()
	return w.WaitClosed(ctx)
}

// ask sends a line and returns the one that comes back.
func ask(s *scene, r *stream.Reader, w *stream.Writer, line string) string {
	s.Helper()
	_, err := w.WriteString(line)
	s.OK(err)
	s.OK(w.Drain(s.Ctx))
	answer, err := r.ReadLine(s.Ctx)
	s.OK(err)
	return string(answer)
}

// socketPath returns a path that is short enough for a Unix socket.
func socketPath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "s")
}

var certificate = sync.OnceValues(func() (server, client *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true,

		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
		&tls.Config{RootCAs: roots}
})

// plainServer is a server without this package. It answers one request of two lines,
// as a web server would, and closes.
func plainServer(t *testing.T, ln net.Listener) (addr net.Addr) {
	t.Helper()
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				request := make([]byte, len("GET / HTTP/1.0\r\n\r\n"))
				if _, err := io.ReadFull(conn, request); err == nil {
					_, _ = io.WriteString(conn, "HTTP/1.0 200 OK\r\nLength: 12\r\n\r\nTest message")
				}
			})
		}
	})
	t.Cleanup(func() {
		require.NoError(t, ln.Close())
		all.Wait()
	})
	return ln.Addr()
}

func listenPlain(t *testing.T, network, address string) net.Listener {
	t.Helper()
	ln, err := net.Listen(network, address)
	require.NoError(t, err)
	return ln
}
