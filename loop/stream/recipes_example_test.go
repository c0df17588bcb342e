package stream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

// A deferred Close is what "async with" and "finally" are in Python. It is a recipe of
// docs/reference/python-parity.md: a connection that is open when the loop closes has no
// ResourceWarning, for it is aborted then.
func ExampleOpenConnection() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	ends := make(chan string)
	go func() { // the other end, a plain goroutine
		for range 2 {
			conn, err := listener.Accept()
			if err != nil {
				ends <- err.Error()
				return
			}
			// Returns at the end, or with an error if the connection is aborted.
			received, _ := io.ReadAll(conn)
			conn.Close()
			ends <- "has ended: " + string(received)
		}
	}()

	open := func(ctx context.Context) (*stream.Writer, error) {
		_, w, err := stream.OpenConnection(ctx, "tcp", listener.Addr().String())
		return w, err
	}
	err = loop.RunMain(context.Background(), func(ctx context.Context) error {
		w, err := open(ctx)
		if err != nil {
			return err
		}
		defer w.Close()
		if _, err = w.Write([]byte("hello")); err != nil {
			return err
		}
		return errors.Join(w.Close(), w.WaitClosed(ctx)) // or the loop's end aborts what is under way
	})
	fmt.Println(<-ends, err)

	err = loop.RunMain(context.Background(), func(ctx context.Context) error {
		_, err := open(ctx)
		return err // and nothing closes it
	})
	fmt.Println(<-ends, err)
	// Output:
	// has ended: hello <nil>
	// has ended:  <nil>
}
