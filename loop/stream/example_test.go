package stream_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

// A server that sends back each line, and a client of it, on one loop.
func ExampleStartServer() {
	echo := func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
		for line, err := range r.Lines(ctx) {
			if err != nil {
				return err
			}
			if _, err := w.Write(line); err != nil {
				return err
			}
			if err := w.Drain(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	err := loop.RunMain(context.Background(), func(ctx context.Context) error {
		server, err := stream.StartServer(ctx, echo, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer server.Close()
		r, w, err := stream.OpenConnection(ctx, "tcp", server.Addr().String())
		if err != nil {
			return err
		}
		if _, err := w.WriteString("hello\n"); err != nil {
			return err
		}
		line, err := r.ReadLine(ctx)
		fmt.Printf("%q %v\n", line, err)
		return errors.Join(w.Close(), w.WaitClosed(ctx))
	})
	fmt.Println(err)
	// Output:
	// "hello\n" <nil>
	// <nil>
}
