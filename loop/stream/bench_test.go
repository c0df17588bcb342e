package stream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

// pair returns the two ends of a connection over loopback.
func pair(tb testing.TB) (here, there net.Conn) {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			close(accepted)
			return
		}
		accepted <- conn
	}()
	here, err = net.Dial("tcp", ln.Addr().String())
	require.NoError(tb, err)
	there = <-accepted
	require.NoError(tb, ln.Close())
	return here, there
}

// BenchmarkEcho is one message of 64 bytes there and back over loopback: between tasks
// of one loop, and between plain goroutines; on one connection, and on 16 at once.
func BenchmarkEcho(b *testing.B) {
	for _, conns := range []int{1, 16} {
		b.Run(fmt.Sprint("tasks/conns=", conns), func(b *testing.B) { echoTasks(b, conns) })
		b.Run(fmt.Sprint("goroutines/conns=", conns), func(b *testing.B) { echoGoroutines(b, conns) })
	}
}

const message = 64

func echoTasks(b *testing.B, conns int) {
	var here, there []net.Conn
	for range conns {
		h, t := pair(b)
		here, there = append(here, h), append(there, t)
	}
	per := max(1, b.N/conns)
	require.NoError(b, loop.RunMain(b.Context(), func(ctx context.Context) error {
		b.ResetTimer()
		return loop.WithTaskGroup(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			for i := range conns {
				g.Go(func(ctx context.Context) error { return echo(ctx, there[i]) })
				g.Go(func(ctx context.Context) error { return call(ctx, here[i], per) })
			}
			return nil
		})
	}))
}

// echo sends back what comes.
func echo(ctx context.Context, conn net.Conn) error {
	r, w := stream.Wrap(ctx, conn, 0)
	defer w.Close()
	for {
		msg, err := r.ReadExactly(ctx, message)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := w.Write(msg); err != nil {
			return err
		}
		if err := w.Drain(ctx); err != nil {
			return err
		}
	}
}

// call sends n messages, each once the one before has come back.
func call(ctx context.Context, conn net.Conn, n int) error {
	r, w := stream.Wrap(ctx, conn, 0)
	defer w.Close()
	msg := make([]byte, message)
	for range n {
		if _, err := w.Write(msg); err != nil {
			return err
		}
		if err := w.Drain(ctx); err != nil {
			return err
		}
		if _, err := r.ReadExactly(ctx, message); err != nil {
			return err
		}
	}
	return nil
}

func echoGoroutines(b *testing.B, conns int) {
	per := max(1, b.N/conns)
	var all sync.WaitGroup
	for range conns {
		here, there := pair(b)
		all.Go(func() {
			defer there.Close()
			msg := make([]byte, message)
			for {
				if _, err := io.ReadFull(there, msg); err != nil {
					return
				}
				if _, err := there.Write(msg); err != nil {
					return
				}
			}
		})
		all.Go(func() {
			defer here.Close()
			msg := make([]byte, message)
			for range per {
				if _, err := here.Write(msg); err != nil {
					b.Error(err)
					return
				}
				if _, err := io.ReadFull(here, msg); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	b.ResetTimer()
	all.Wait()
}
