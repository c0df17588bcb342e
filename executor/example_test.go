package executor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var greet = executor.Register("example.greet", func(_ context.Context, name string) (string, error) {
	if name == "" {
		return "", errors.New("no name")
	}
	return "hello, " + name, nil
})

func ExampleSubmit() {
	ctx := context.Background()
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Shutdown(ctx) //nolint:errcheck // ctx never ends

	f, err := executor.Submit(ctx, pool, executor.Func(func(context.Context) (int, error) { return 6 * 7, nil }))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Await(ctx))
	// Output: 42 <nil>
}

func ExampleTrySubmit() {
	ctx := context.Background()
	pool, _ := executor.NewThreadPool(executor.ThreadConfig{Workers: 1, MaxPending: 1})
	defer pool.Shutdown(ctx) //nolint:errcheck // ctx never ends

	gate := make(chan struct{})
	wait := executor.Action(func(context.Context) error { <-gate; return nil })
	for range 3 {
		_, err := executor.TrySubmit(ctx, pool, wait)
		fmt.Println(errors.Is(err, executor.ErrQueueFull))
	}
	close(gate)
	// Output:
	// false
	// false
	// true
}

func ExampleRegister() {
	ctx := context.Background()
	pool, _ := executor.NewThreadPool(executor.ThreadConfig{})
	defer pool.Shutdown(ctx) //nolint:errcheck // ctx never ends

	f, _ := executor.Submit(ctx, pool, greet.Bind("gopher"))
	fmt.Println(f.Await(ctx))
	f, _ = executor.Submit(ctx, pool, greet.Bind(""))
	_, err := f.Await(ctx)
	fmt.Println(err)
	// Output:
	// hello, gopher <nil>
	// no name
}

func ExampleMap() {
	ctx := context.Background()
	pool, _ := executor.NewThreadPool(executor.ThreadConfig{})
	defer pool.Shutdown(ctx) //nolint:errcheck // ctx never ends

	names := slices.Values([]string{"ada", "grace", "", "barbara"})
	for greeting, err := range executor.Map(ctx, pool, greet.Bind, names, executor.MapOptions{}) {
		fmt.Println(greeting, err)
	}
	// Output:
	// hello, ada <nil>
	// hello, grace <nil>
	//  no name
}

func ExampleEach() {
	ctx := context.Background()
	pool, _ := executor.NewThreadPool(executor.ThreadConfig{})
	defer pool.Shutdown(ctx) //nolint:errcheck // ctx never ends

	square := executor.Each(func(_ context.Context, n int) (int, error) { return n * n, nil })
	sum := 0
	for v, err := range executor.Map(ctx, pool, square, slices.Values([]int{1, 2, 3}), executor.MapOptions{Unordered: true}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		sum += v
	}
	fmt.Println(sum)
	// Output: 14
}

func ExampleWorkerState() {
	ctx := context.Background()
	type connection struct{ queries int }
	pool, _ := executor.NewThreadPool(executor.ThreadConfig{
		Workers: 1,
		Initializer: executor.Action(func(ctx context.Context) error {
			executor.SetWorkerState(ctx, &connection{})
			return nil
		}),
	})
	defer pool.Shutdown(ctx) //nolint:errcheck // ctx never ends

	query := executor.Func(func(ctx context.Context) (int, error) {
		c, _ := executor.WorkerState[*connection](ctx)
		c.queries++
		return c.queries, nil
	})
	for range 2 {
		f, _ := executor.Submit(ctx, pool, query)
		fmt.Println(f.Await(ctx))
	}
	// Output:
	// 1 <nil>
	// 2 <nil>
}

func ExampleThreadPool_Shutdown() {
	pool, _ := executor.NewThreadPool(executor.ThreadConfig{Name: "slow"})
	gate := make(chan struct{})
	f, _ := executor.Submit(context.Background(), pool, executor.Action(func(context.Context) error { <-gate; return nil }).Named("stuck"))

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	var late *executor.ShutdownError
	if errors.As(pool.Shutdown(ctx), &late) {
		fmt.Println("still running:", late.Running[0].Function)
	}
	close(gate)
	fmt.Println(pool.Shutdown(context.Background()), f.IsDone())
	// Output:
	// still running: stuck
	// <nil> true
}

func ExampleThreadPool_Stats() {
	ctx := context.Background()
	pool, _ := executor.NewThreadPool(executor.ThreadConfig{Workers: 3})
	for range 10 {
		f, _ := executor.Submit(ctx, pool, executor.Func(func(context.Context) (int, error) { return 1, nil }))
		_, _ = f.Await(ctx)
	}
	s := pool.Stats()
	fmt.Println(s.Workers, s.Completed, s.Ran.Count(), s.Ran.Quantile(0.5) < time.Second)
	_ = pool.Shutdown(ctx)
	// Output: 1 10 10 true
}

var errQuota = executor.RegisterError("example.errQuota", errors.New("quota exceeded"))

func ExampleRegisterError() {
	// What a worker process would send, and what its parent makes of it.
	sent := executor.EncodeRemoteError(fmt.Errorf("user 7: %w", errQuota))
	err := executor.DecodeRemoteError(sent)
	fmt.Println(err, errors.Is(err, errQuota))
	// Output: user 7: quota exceeded true
}

func ExampleRun() {
	ctx := context.Background()
	pool, _ := executor.NewThreadPool(executor.ThreadConfig{})
	defer pool.Shutdown(ctx) //nolint:errcheck // ctx never ends

	fmt.Println(executor.Run(ctx, pool, greet.Bind("gopher")))
	// Output: hello, gopher <nil>
}

func ExampleCollect() {
	ctx := context.Background()
	pool, _ := executor.NewThreadPool(executor.ThreadConfig{})
	defer pool.Shutdown(ctx) //nolint:errcheck // ctx never ends

	names := slices.Values([]string{"ada", "grace"})
	fmt.Println(executor.Collect(executor.Map(ctx, pool, greet.Bind, names, executor.MapOptions{})))
	// Output: [hello, ada hello, grace] <nil>
}
