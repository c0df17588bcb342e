package stream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

// socketServer starts a server on a Unix socket.
func socketServer(s *scene, path string, opts stream.ServerOptions) *stream.Server {
	s.Helper()
	srv, err := stream.StartServerWith(s.Ctx, echoLine, "unix", path, opts)
	s.OK(err)
	return srv
}

func TestStartServer(t *testing.T) {
	secure, client := certificate()
	for _, tt := range []struct {
		name  string
		start func(s *scene) *stream.Server
		opts  stream.Options
	}{
		{"on an address", func(s *scene) *stream.Server { return serve(s, echoLine, stream.ServerOptions{}) }, stream.Options{}},
		{"on a listener", func(s *scene) *stream.Server {
			srv, err := stream.StartServerOn(s.Ctx, echoLine, listenPlain(s.T, "tcp", "127.0.0.1:0"), stream.ServerOptions{})
			s.OK(err)
			return srv
		}, stream.Options{}},
		{"on a Unix socket", func(s *scene) *stream.Server {
			return socketServer(s, socketPath(s.T), stream.ServerOptions{})
		}, stream.Options{}},
		{"with TLS", func(s *scene) *stream.Server {
			return serve(s, echoLine, stream.ServerOptions{TLS: secure})
		}, stream.Options{TLS: client}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Empty(t, onLoop(t, func(s *scene) {
				srv := tt.start(s)
				require.True(t, srv.IsServing())
				r, w := open(s, srv, tt.opts)
				require.Equal(t, "hello world!\n", ask(s, r, w, "hello world!\n"))
				shut(s, srv, w)
				require.False(t, srv.IsServing())
			}))
		})
	}
}

func TestStartTLS(t *testing.T) {
	secure, client := certificate()
	client = client.Clone()
	client.ServerName = "localhost"
	require.Empty(t, onLoop(t, func(s *scene) {
		srv := serve(s, func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
			line, err := r.ReadLine(ctx)
			if err != nil {
				return err
			}
			if _, err := w.Write(line); err != nil {
				return err
			}
			if err := w.StartTLS(ctx, secure); err != nil {
				return err
			}
			return echoLine(ctx, r, w)
		}, stream.ServerOptions{})
		r, w := open(s, srv, stream.Options{})
		require.Equal(t, "hello world 1!\n", ask(s, r, w, "hello world 1!\n"))
		s.OK(w.StartTLS(s.Ctx, client))
		require.ErrorIs(t, w.StartTLS(s.Ctx, client), stream.ErrNoStartTLS)
		require.Equal(t, "hello world 2!\n", ask(s, r, w, "hello world 2!\n"))
		shut(s, srv, w)
	}))
}

func TestWhatIsInjectedBeforeTLSIsPartOfTheHandshake(t *testing.T) {
	secure, _ := certificate()
	onLoop(t, func(s *scene) {
		result := make(chan error, 1)
		srv := serve(s, func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
			if _, err := r.ReadLine(ctx); err != nil {
				return err
			}
			result <- w.StartTLS(ctx, secure)
			_, err := r.ReadLine(ctx)
			result <- err
			return nil
		}, stream.ServerOptions{})
		_, w := open(s, srv, stream.Options{})
		_, err := w.WriteString("STARTTLS\nDELETE EVERYTHING\n")
		s.OK(err)
		handshake, err := loop.ToThread(s.Ctx, func(context.Context) (error, error) { return <-result, nil }).Await(s.Ctx)
		s.OK(err)
		require.ErrorContains(t, handshake, "tls")
		read, err := loop.ToThread(s.Ctx, func(context.Context) (error, error) { return <-result, nil }).Await(s.Ctx)
		s.OK(err)
		require.ErrorIs(t, read, io.EOF)
		shut(s, srv, w)
	})
}

func TestWhatAHandlerReturns(t *testing.T) {
	why := errors.New("why")
	for _, tt := range []struct {
		name    string
		handler stream.Handler
		want    error
	}{
		{"an error is reported", func(context.Context, *stream.Reader, *stream.Writer) error { return why }, why},
		{"a panic is reported", func(context.Context, *stream.Reader, *stream.Writer) error { panic(why) }, why},
		{"a cancellation is not", func(ctx context.Context, _ *stream.Reader, w *stream.Writer) error {
			_ = w.Close()
			loop.CurrentTask(ctx).Cancel()
			return loop.Sleep(ctx, 0)
		}, nil},
		{"nothing is needed", func(context.Context, *stream.Reader, *stream.Writer) error { return nil }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reports := onLoop(t, func(s *scene) {
				srv := serve(s, tt.handler, stream.ServerOptions{})
				r, w := open(s, srv, stream.Options{})
				_, err := w.WriteString("test msg")
				s.OK(err)
				_, err = r.ReadAll(s.Ctx) // the handler has returned
				if err != nil {
					require.ErrorContains(t, err, "reset", "what was not read makes it so")
				}
				_ = w.Close()
				_ = w.WaitClosed(s.Ctx)
				shut(s, srv)
			})
			if tt.want == nil {
				require.Empty(t, reports)
				return
			}
			require.Len(t, reports, 1)
			require.Equal(t, "Unhandled exception in client_connected_cb", reports[0].Message)
			require.ErrorIs(t, reports[0].Err, tt.want)
		})
	}
}

// waitForEnd reads until there is nothing more, as a handler that only waits.
func waitForEnd(ctx context.Context, r *stream.Reader, _ *stream.Writer) error {
	_, err := r.ReadAll(ctx)
	return err
}

func TestServe(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run("until it is canceled, on "+network, func(t *testing.T) {
			reports := onLoop(t, func(s *scene) {
				var main *loop.Task[struct{}]
				handler := func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
					if _, err := r.ReadLine(ctx); err != nil {
						return err
					}
					main.Cancel()
					_, err := w.WriteString("1")
					return err
				}
				address := "127.0.0.1:0"
				if network == "unix" {
					address = socketPath(t)
				}
				srv, err := stream.StartServerWith(s.Ctx, handler, network, address, stream.ServerOptions{Paused: true})
				s.OK(err)
				require.False(t, srv.IsServing())
				main = s.Spawn(srv.Serve)
				s.Turn()
				require.True(t, srv.IsServing())
				require.ErrorIs(t, srv.Serve(s.Ctx), stream.ErrServing)
				r, w := open(s, srv, stream.Options{})
				_, err = w.WriteString("hello\n")
				s.OK(err)
				data, err := r.ReadAll(s.Ctx)
				s.OK(err)
				require.Equal(t, "1", string(data))
				require.ErrorIs(t, s.AwaitErr(main), context.Canceled)
				require.False(t, srv.IsServing())
				require.ErrorIs(t, srv.Serve(s.Ctx), stream.ErrServerClosed)
				require.ErrorIs(t, srv.StartServing(), stream.ErrServerClosed)
				_ = w.Close()
			})
			require.Empty(t, reports)
		})
	}
	t.Run("until it is closed", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			srv := serve(s, waitForEnd, stream.ServerOptions{})
			_, w := open(s, srv, stream.Options{})
			task := s.Spawn(srv.Serve)
			accepted(s, srv)
			s.OK(srv.Close())
			s.Turns(3)
			require.False(t, task.IsDone(), "the client is left to itself")
			s.OK(w.Close())
			s.Join(task)
		})
	})
	t.Run("a client that does not read holds up nothing", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			flooded := make(chan struct{})
			srv := serve(s, func(ctx context.Context, _ *stream.Reader, w *stream.Writer) error {
				if _, err := w.Write(make([]byte, 1<<26)); err != nil { // more than the system takes
					return err
				}
				close(flooded)
				return loop.Sleep(ctx, time.Hour)
			}, stream.ServerOptions{Grace: time.Millisecond})
			conn, err := net.Dial("tcp", srv.Addr().String())
			s.OK(err)
			task := s.Spawn(srv.Serve)
			_, err = loop.ToThread(s.Ctx, func(context.Context) (struct{}, error) { <-flooded; return struct{}{}, nil }).Await(s.Ctx)
			s.OK(err)
			task.Cancel()
			require.ErrorIs(t, s.AwaitErr(task), context.Canceled)
			s.OK(conn.Close())
		})
	})
}

// accepted waits for the client that the system has accepted already.
func accepted(s *scene, srv *stream.Server) {
	s.Helper()
	for s.Turn(); srv.Clients() == 0; {
		s.Turn()
	}
}

func TestServerWaitClosed(t *testing.T) {
	onLoop(t, func(s *scene) {
		srv := serve(s, waitForEnd, stream.ServerOptions{})
		first := s.Spawn(srv.WaitClosed)
		s.Turn()
		require.False(t, first.IsDone(), "it is open")
		r, w := open(s, srv, stream.Options{})
		second := s.Spawn(srv.WaitClosed)
		s.Turn()
		accepted(s, srv)
		s.OK(srv.Close())
		third := s.Spawn(srv.WaitClosed)
		s.Turns(3)
		for _, task := range []*loop.Task[struct{}]{first, second, third} {
			require.False(t, task.IsDone(), "a connection is open")
		}
		s.OK(w.Close())
		s.OK(w.WaitClosed(s.Ctx))
		s.Join(first, second, third)
		s.OK(srv.WaitClosed(s.Ctx))
		require.True(t, r.AtEOF())
	})
}

func TestServerAndClientCloseAtOnce(t *testing.T) {
	onLoop(t, func(s *scene) {
		srv := serve(s, waitForEnd, stream.ServerOptions{})
		task := s.Spawn(srv.WaitClosed)
		s.Turn()
		require.False(t, task.IsDone())
		_, w := open(s, srv, stream.Options{})
		s.Soon(func() { _ = srv.Close() })
		s.Soon(func() { _ = w.Close() })
		s.OK(srv.WaitClosed(s.Ctx))
		s.Join(task)
	})
}

func TestCloseClients(t *testing.T) {
	onLoop(t, func(s *scene) {
		srv := serve(s, waitForEnd, stream.ServerOptions{})
		r, w := open(s, srv, stream.Options{})
		accepted(s, srv)
		task := s.Spawn(srv.WaitClosed)
		s.Turn()
		require.False(t, task.IsDone())
		s.OK(srv.Close())
		srv.CloseClients()
		s.Join(task)
		_, err := r.ReadAll(s.Ctx)
		s.OK(err)
		shut(s, srv, w)
	})
}

func TestAbortClients(t *testing.T) {
	onLoop(t, func(s *scene) {
		ready := make(chan *stream.Writer, 1)
		srv := serve(s, func(ctx context.Context, _ *stream.Reader, w *stream.Writer) error {
			if _, err := w.Write(make([]byte, 1<<26)); err != nil { // more than the system takes
				return err
			}
			ready <- w
			return w.WaitClosed(ctx)
		}, stream.ServerOptions{})
		_, w := open(s, srv, stream.Options{Limit: 4096})
		theirs, err := loop.ToThread(s.Ctx, func(context.Context) (*stream.Writer, error) { return <-ready, nil }).Await(s.Ctx)
		s.OK(err)
		require.NotZero(t, theirs.Buffered(), "the client has paused")
		task := s.Spawn(srv.WaitClosed)
		s.Turn()
		require.False(t, task.IsDone())
		s.OK(srv.Close())
		srv.AbortClients()
		s.Join(task)
		w.Abort()
	})
}

func TestTheFileOfAUnixSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // the file is not one there
	}
	exists := func(path string) bool { _, err := os.Lstat(path); return err == nil }
	for _, tt := range []struct {
		name   string
		opts   stream.ServerOptions
		before func(t *testing.T, path string) // the server closes
		left   bool
	}{
		{"is removed", stream.ServerOptions{}, func(*testing.T, string) {}, false},
		{"may be gone", stream.ServerOptions{}, func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) }, false},
		{"may be another's by now", stream.ServerOptions{}, func(t *testing.T, path string) {
			require.NoError(t, os.Remove(path))
			ln := listenPlain(t, "unix", path)
			t.Cleanup(func() { _ = ln.Close() })
		}, true},
		{"may be kept", stream.ServerOptions{KeepSocket: true}, func(*testing.T, string) {}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onLoop(t, func(s *scene) {
				path := socketPath(t)
				srv := socketServer(s, path, tt.opts)
				require.True(t, exists(path))
				tt.before(t, path)
				shut(s, srv)
				require.Equal(t, tt.left, exists(path))
			})
		})
	}
	t.Run("is removed when the listener was given", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			path := socketPath(t)
			srv, err := stream.StartServerOn(s.Ctx, echoLine, listenPlain(t, "unix", path), stream.ServerOptions{})
			s.OK(err)
			shut(s, srv)
			require.False(t, exists(path))
		})
	})
	t.Run("is replaced if its server is dead", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			path := socketPath(t)
			shut(s, socketServer(s, path, stream.ServerOptions{KeepSocket: true}))
			srv := socketServer(s, path, stream.ServerOptions{})
			_, err := stream.StartServer(s.Ctx, echoLine, "unix", path)
			require.ErrorContains(t, err, "in use")
			r, w := open(s, srv, stream.Options{})
			require.Equal(t, "still there\n", ask(s, r, w, "still there\n"))
			shut(s, srv, w)
		})
	})
}

func TestAServerNeedsALoop(t *testing.T) {
	_, err := stream.StartServer(t.Context(), echoLine, "tcp", "127.0.0.1:0")
	require.ErrorIs(t, err, loop.ErrNoLoop)
	l := loop.New(loop.Config{})
	require.NoError(t, l.Close())
	_, err = stream.StartServer(l.Context(), echoLine, "tcp", "127.0.0.1:0")
	require.ErrorIs(t, err, loop.ErrClosed)
}
