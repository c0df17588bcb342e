// Command api is an HTTP service whose work runs in a pool of processes, each with a model
// that the initializer has loaded. main.py is the original.
//
//	go run ./examples/api [-address HOST:PORT] [-workers N] [-queue N] [-deadline DURATION] examples/api/languages.txt
//
//	/guess?q=TEXT     which language that is
//	/spin?q=SECONDS   burns so much time of a CPU, to see what happens
//	/crash            ends the worker, to see what happens
//	/stats            how many calls are in work
//	/debug/asyncgo/   what the program does at this moment
//
// Too many calls at a time are 503. One that takes too long is 504, and its worker is ended
// if it goes on. When a worker dies its call is 500: that one, and no other. At SIGTERM or
// Ctrl-C the service answers what it has accepted, and stops.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/debugz"
)

func main() { loop.Main(run) }

func run(ctx context.Context) error {
	address := flag.String("address", "127.0.0.1:8000", "where to listen")
	workers := flag.Int("workers", 4, "how many worker processes")
	queue := flag.Int("queue", 64, "how many calls may wait for them")
	deadline := flag.Duration("deadline", 2*time.Second, "how long a call may take")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return err
	}
	cfg := executor.ProcessConfig{Workers: *workers, MaxPending: *queue, Initializer: load.Bind(flag.Arg(0)), Grace: time.Second / 10}
	// region service
	return executor.WithProcessPool(ctx, cfg, func(pool *executor.ProcessPool) error {
		if err := pool.Ready(ctx); err != nil { // a model that cannot be loaded
			return err
		}
		server := &http.Server{Handler: routes(pool, *deadline), ReadHeaderTimeout: 10 * time.Second}
		var stopped *future.Future[loop.None]
		stop := func() {
			stopped = loop.ToThread(ctx, func(ctx context.Context) (loop.None, error) { return loop.None{}, server.Shutdown(ctx) })
		}
		if err := loop.OnSignal(ctx, stop, os.Interrupt, syscall.SIGTERM); err != nil {
			return err
		}
		fmt.Println("listening on", listener.Addr())
		_, err := loop.ToThread(ctx, func(context.Context) (loop.None, error) { return loop.None{}, server.Serve(listener) }).Await(ctx)
		if errors.Is(err, http.ErrServerClosed) {
			_, err = stopped.Await(ctx) // every request has its answer
		}
		return err
	})
	// endregion service
}

func routes(pool *executor.ProcessPool, deadline time.Duration) http.Handler {
	mux := http.NewServeMux()
	for _, work := range []*executor.Function[string, string]{guess, spin, crash} {
		mux.HandleFunc("GET /"+work.Name(), func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), deadline)
			defer cancel()
			answer(ctx, w, pool, work.Bind(r.FormValue("q")))
		})
	}
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		stats := pool.Stats()
		fmt.Fprintln(w, "calls:", stats.Running+stats.Queued)
	})
	mux.Handle("GET /debug/asyncgo/", debugz.Handler())
	return mux
}

// region answer

// answer runs a call in the pool, and says by the status what became of it.
func answer(ctx context.Context, w http.ResponseWriter, pool *executor.ProcessPool, call executor.Call[string]) {
	var text string
	result, err := executor.TrySubmit(ctx, pool, call)
	if err == nil {
		text, err = result.Await(ctx)
	}
	status := http.StatusInternalServerError // the worker has died
	switch {
	case err == nil:
		fmt.Fprintln(w, text)
		return
	case errors.Is(err, executor.ErrQueueFull):
		status = http.StatusServiceUnavailable
	case errors.Is(err, context.DeadlineExceeded):
		status = http.StatusGatewayTimeout
	case errors.Is(err, strconv.ErrSyntax):
		status = http.StatusBadRequest
	}
	http.Error(w, http.StatusText(status), status)
}

// endregion answer
