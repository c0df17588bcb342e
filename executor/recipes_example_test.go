package executor_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// The examples of this file are the recipes of docs/reference/python-parity.md for what has
// no place in package executor.

// A pool that belongs to a function cannot be left without a shutdown. What the function does
// not wait for is finished all the same.
func ExampleWithThreadPool() {
	ctx := context.Background()
	ran := false
	err := executor.WithThreadPool(ctx, executor.ThreadConfig{}, func(pool *executor.ThreadPool) error {
		_, err := executor.Submit(ctx, pool, executor.Action(func(context.Context) error { ran = true; return nil }))
		return err
	})
	fmt.Println(ran, err)
	// Output: true <nil>
}

var calls int // each process has its own

var count = executor.RegisterNoArg("recipe.count", func(context.Context) (int, error) {
	calls++
	return calls, nil
})

// Each worker process has variables of its own, as each interpreter of an
// InterpreterPoolExecutor has.
func ExampleWithProcessPool() {
	ctx := context.Background()
	err := executor.WithProcessPool(ctx, executor.ProcessConfig{Workers: 1}, func(pool *executor.ProcessPool) error {
		for range 2 {
			fmt.Println(executor.Run(ctx, pool, count.Bind()))
		}
		return nil
	})
	fmt.Println("here:", calls, err)
	// Output:
	// 1 <nil>
	// 2 <nil>
	// here: 0 <nil>
}

var variable = executor.Register("recipe.variable", func(_ context.Context, name string) (string, error) {
	return os.Getenv(name), nil
})

// What a context of multiprocessing decides, how a worker starts and with what, is decided by
// the configuration of the pool. Workers share nothing with the program but their channel, as
// with "spawn".
func ExampleProcessConfig() {
	ctx := context.Background()
	cfg := executor.ProcessConfig{Workers: 1, Env: []string{"RECIPE_MODE=batch"}}
	err := executor.WithProcessPool(ctx, cfg, func(pool *executor.ProcessPool) error {
		fmt.Println(executor.Run(ctx, pool, variable.Bind("RECIPE_MODE")))
		return nil
	})
	fmt.Println(err)
	// Output:
	// batch <nil>
	// <nil>
}

// region manager

// Scores is what a Manager serves: one dictionary that all processes see.
type Scores struct {
	mu sync.Mutex // guards of
	of map[string]int
}

// A Score is the argument of Add.
type Score struct {
	Name   string
	Points int
}

// Add adds to the score of a name, and answers with the sum.
func (s *Scores) Add(score Score, sum *int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[score.Name] += score.Points
	*sum = s.of[score.Name]
	return nil
}

// Each worker connects once; what it keeps is the proxy.
var connect = executor.RegisterNoResult("recipe.connect", func(ctx context.Context, address string) error {
	client, err := rpc.Dial("tcp", address)
	executor.SetWorkerState(ctx, client)
	return err
})

var addScore = executor.Register("recipe.score", func(ctx context.Context, s Score) (sum int, err error) {
	client, _ := executor.WorkerState[*rpc.Client](ctx)
	return sum, client.Call("Scores.Add", s, &sum)
})

// endregion manager

// A server of net/rpc is what a Manager of multiprocessing is, and its clients are the
// proxies. What listens on loopback is open to every user of the machine, unlike a pool.
func Example_manager() {
	ctx := context.Background()
	scores := &Scores{of: map[string]int{}}
	server := rpc.NewServer()
	if err := server.Register(scores); err != nil {
		fmt.Println(err)
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { server.ServeConn(conn) })
		}
	})

	cfg := executor.ProcessConfig{Workers: 2, Initializer: connect.Bind(listener.Addr().String())}
	err = executor.WithProcessPool(ctx, cfg, func(pool *executor.ProcessPool) error {
		games := slices.Values([]Score{{"ada", 3}, {"grace", 5}, {"ada", 4}})
		_, err := executor.Collect(executor.Map(ctx, pool, addScore.Bind, games, executor.MapOptions{}))
		return err
	})
	listener.Close()
	serving.Wait() // the connections end with the workers
	fmt.Println(scores.of, err)
	// Output: map[ada:7 grace:5] <nil>
}

var stuck = executor.RegisterAction("recipe.stuck", func(context.Context) error {
	select {} // does not look at its context
})

// A pool with one worker is a Process: Submit starts it, Await joins it, Kill ends it, and a
// CrashError has its exit code. Unlike there a result and an error come back.
func Example_process() {
	ctx := context.Background()
	err := executor.WithProcessPool(ctx, executor.ProcessConfig{Workers: 1, Logger: quiet}, func(p *executor.ProcessPool) error {
		f, err := executor.Submit(ctx, p, variable.Bind("RECIPE_MODE"))
		if err != nil {
			return err
		}
		_, err = f.Await(ctx)
		fmt.Println("joined:", err)

		limited, cancel := context.WithTimeout(ctx, 50*time.Millisecond) // join(timeout=0.05)
		defer cancel()
		work, err := executor.Submit(ctx, p, stuck.Bind())
		if err != nil {
			return err
		}
		select {
		case <-work.Done():
		case <-limited.Done():
			fmt.Println("is alive:", !work.IsDone())
		}
		p.Kill()
		_, err = work.Await(ctx)
		var crash *executor.CrashError
		fmt.Println("killed:", errors.As(err, &crash))
		return nil
	})
	fmt.Println(err)
	// Output:
	// joined: <nil>
	// is alive: true
	// killed: true
	// <nil>
}
