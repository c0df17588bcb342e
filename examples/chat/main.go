// Command chat is a chat server on streams: each client is a task, what one says goes to
// all, and a client that says nothing for too long, or does not read, has to go. main.py
// is the original.
//
//	go run ./examples/chat                 # then, in other terminals: nc 127.0.0.1 8888
//	go run ./examples/chat -address 127.0.0.1:0 -idle 1m
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

var (
	address = flag.String("address", "127.0.0.1:8888", "where to listen")
	idle    = flag.Duration("idle", 5*time.Minute, "how long a client may say nothing")
)

func main() {
	flag.Parse()
	loop.Main(run)
}

// region server
func run(ctx context.Context) error {
	room := &room{idle: *idle, members: map[string]*stream.Writer{}}
	srv, err := stream.StartServerWith(ctx, room.serve, "tcp", *address, stream.ServerOptions{Limit: maxLine})
	if err != nil {
		return err
	}
	stop := func() {
		room.tell("* the server stops\n")
		_ = srv.Close()
		srv.CloseClients()
	}
	if err := loop.OnSignal(ctx, stop, os.Interrupt, syscall.SIGTERM); err != nil {
		return err
	}
	fmt.Println("listening on", srv.Addr())
	return srv.Serve(ctx)
}

// endregion server
