//go:build linux

package natsexec_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

// region square
var square = executor.Register("square", func(_ context.Context, x int) (int, error) { return x * x, nil })

// endregion square

// A pool starts a server of its own if it is given none. Here the node is in the same
// program, and takes calls until it is shut down.
func Example() {
	ctx := context.Background()
	// region submit
	pool, err := natsexec.New(natsexec.Config{}) // was: executor.NewProcessPool
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Shutdown(ctx)
	// endregion submit
	node, err := natsexec.NewNode(ctx, natsexec.NodeConfig{Config: natsexec.Config{URL: pool.URL()}})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Shutdown(ctx)

	for y, err := range executor.Map(ctx, pool, square.Bind, func(yield func(int) bool) { _ = yield(3) && yield(4) }, executor.MapOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(y)
	}
	// Output:
	// 9
	// 16
}

// The same program with -node, say, is a node: on this machine or another.
func ExampleServe() {
	// region serve
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := natsexec.Serve(ctx, natsexec.NodeConfig{
		Config: natsexec.Config{URL: os.Getenv("NATS_URL")},
		Pool:   executor.ProcessConfig{Workers: 8},
	})
	if err != nil {
		log.Fatal(err)
	}
	// endregion serve
}

// A server of its own, with TLS and credentials.
func ExampleNew() {
	// region operations
	cfg := natsexec.Config{
		URL:      "tls://nats-1:4222,tls://nats-2:4222,tls://nats-3:4222",
		Options:  []nats.Option{nats.RootCAs("ca.pem"), nats.UserCredentials("batch.creds")},
		Name:     "batch",
		Build:    "2026-11-29",
		Replicas: 3,
		Retry:    2, // calls may be repeated
	}
	pool, err := natsexec.New(cfg)
	// endregion operations
	fmt.Println(pool, err)
}

// A durable call outlives the program that submitted it.
func ExampleResult() {
	ctx := context.Background()
	// region durable
	pool, err := natsexec.New(natsexec.Config{Durable: true, ResultTTL: 7 * 24 * time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Shutdown(ctx)
	_, err = executor.Submit(natsexec.WithID(ctx, "invoice-4711"), pool, square.Bind(5))
	if err != nil {
		log.Fatal(err)
	}
	// endregion durable
	node, err := natsexec.NewNode(ctx, natsexec.NodeConfig{Config: natsexec.Config{URL: pool.URL()}})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Shutdown(ctx)
	// region result
	y, err := natsexec.Result[int](ctx, pool, "invoice-4711") // in any process, at any time
	// endregion result
	fmt.Println(y, err)
	// Output: 25 <nil>
}
