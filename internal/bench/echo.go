package main

import (
	"context"
	"io"
	"net"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

// message is the size of what is sent there and back.
const message = 64

const anyPort = "127.0.0.1:0"

// streamEcho: n messages there and back over loopback, each connection one after the
// other; both ends are tasks of one loop.
func streamEcho(conns int) func(context.Context, int) error {
	return func(ctx context.Context, n int) error {
		srv, err := stream.StartServer(ctx, echo, "tcp", anyPort)
		if err != nil {
			return err
		}
		defer srv.Close()
		_, err = loop.Each(ctx, make([]none, conns), func(ctx context.Context, _ none) (none, error) {
			return none{}, call(ctx, srv.Addr().String(), n/conns)
		})
		return err
	}
}

// echo sends back what comes, up to the end.
func echo(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
	for {
		msg, err := r.ReadExactly(ctx, message)
		if err != nil {
			return nil //nolint:nilerr // the client has gone
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
func call(ctx context.Context, address string, n int) error {
	r, w, err := stream.OpenConnection(ctx, "tcp", address)
	if err != nil {
		return err
	}
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

// plainEcho is streamEcho with a goroutine for each end of a connection.
func plainEcho(conns int) func(context.Context, int) error {
	return func(_ context.Context, n int) error {
		ln, err := net.Listen("tcp", anyPort)
		if err != nil {
			return err
		}
		var ends sync.WaitGroup
		defer ends.Wait()
		defer ln.Close()
		ends.Go(func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return // it was closed
				}
				ends.Go(func() {
					_, _ = io.CopyBuffer(onlyWriter{conn}, onlyReader{conn}, make([]byte, message))
					_ = conn.Close()
				})
			}
		})
		errs := make(chan error, conns)
		for range conns {
			go func() { errs <- plainCall(ln.Addr().String(), n/conns) }()
		}
		for range conns {
			if callErr := <-errs; err == nil {
				err = callErr
			}
		}
		return err
	}
}

// Without these the system would copy by itself.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)

func plainCall(address string, n int) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	msg := make([]byte, message)
	for range n {
		if _, err := conn.Write(msg); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, msg); err != nil {
			return err
		}
	}
	return nil
}
