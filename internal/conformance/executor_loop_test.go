package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

var _ = port("executor/20-callbacks-on-the-loop", func(o *out) {
	onLoop(o, func(ctx context.Context) {
		var trace []string
		l := must[*loop.Loop](o)(loop.FromContext(ctx))
		where := func() string {
			if loopGoroutine(l) {
				return "loop"
			}
			return "worker"
		}
		work := func(name string) executor.Call[string] {
			return executor.Func(func(context.Context) (string, error) {
				trace = append(trace, name+"-job-in-"+where())
				return name, nil
			})
		}
		pool := threads(o, 1)
		job := loop.RunInExecutor(ctx, pool, work("a"))
		job.OnDone(func() { trace = append(trace, "a-callback-in-"+where()) })
		// Blocks the loop, as Python's result() does: the job ends meanwhile.
		<-submit(o, pool, work("b")).Done()
		trace = append(trace, "blocked-until-b")
		// In Go the future itself is thread-safe and knows at once; what comes
		// to the loop later is everything that runs because of it.
		o.Print("a known to the loop:", yes(slices.Contains(trace, "a-callback-in-loop")))
		o.Print("a result:", must[string](o)(job.Await(ctx)))
		require.NoError(o, loop.Sleep(ctx, 0))
		trace = append(trace, "a-awaited-in-"+where())

		wrapped := loop.RunInExecutor(ctx, pool, work("c"))
		wrapped.OnDone(func() { trace = append(trace, "c-wrapped-callback-in-"+where()) })
		must[string](o)(wrapped.Await(ctx))
		require.NoError(o, loop.Sleep(ctx, 0))

		var order []string
		var jobs []*future.Future[string]
		for i := range 3 {
			j := loop.RunInExecutor(ctx, pool, work(fmt.Sprint("d", i)))
			j.AddDoneCallback(func(f *future.Future[string]) {
				order = append(order, fmt.Sprintf("%d=%s", i, must[string](o)(f.Result())))
			})
			jobs = append(jobs, j)
		}
		must[[]string](o)(future.Gather(jobs...).Await(ctx))
		require.NoError(o, loop.Sleep(ctx, 0))
		o.Print("completions in order:", words(order))
		require.NoError(o, pool.Shutdown(ctx))
		for _, step := range trace {
			if !strings.HasPrefix(step, "d") {
				o.Print(step)
			}
		}
	})
})

type contextVar struct{}

var _ = port("executor/24-context-in-threads", func(o *out) {
	// A Go context is immutable: changes cannot come back by construction, and
	// every way into a pool carries it. What run_in_executor does in Python,
	// where the worker has variables of its own, is worker state in Go.
	get := func(ctx context.Context) string {
		if v, ok := ctx.Value(contextVar{}).(string); ok {
			return v
		}
		return "default"
	}
	onLoop(o, func(ctx context.Context) {
		ctx = context.WithValue(ctx, contextVar{}, "from-main")
		change := func(ctx context.Context) (string, error) {
			old := get(ctx)
			_ = context.WithValue(ctx, contextVar{}, "changed-there")
			return old, nil
		}
		o.Print("to_thread sees:", must[string](o)(loop.ToThread(ctx, change).Await(ctx))+"!")
		o.Print("main still has:", get(ctx))
		pool := threads(o, 1)
		own := func(next string) executor.Call[string] {
			return executor.Func(func(ctx context.Context) (string, error) {
				old, ok := executor.WorkerState[string](ctx)
				if !ok {
					old = "default"
				}
				executor.SetWorkerState(ctx, next)
				return old, nil
			})
		}
		await := func(call executor.Call[string]) string {
			return must[string](o)(loop.RunInExecutor(ctx, pool, call).Await(ctx))
		}
		o.Print("run_in_executor sees:", await(own("worker-own")))
		o.Print("the same worker next:", await(own("again")))
		inCopy := ""
		o.Print("with an explicit copy:", await(executor.Func(func(ctx context.Context) (string, error) {
			inCopy = get(context.WithValue(ctx, contextVar{}, "in-copy"))
			return get(ctx), nil
		})))
		o.Print("the copy now has:", inCopy, "/ main:", get(ctx))
		o.Print("the worker again:", await(own("")))
		child := func(name string) *loop.Task[string] {
			return loop.CreateTask(context.WithValue(ctx, contextVar{}, name), func(ctx context.Context) (string, error) {
				if err := loop.Sleep(ctx, 20*time.Millisecond); err != nil {
					return "", err
				}
				return loop.ToThread(ctx, change).Await(ctx)
			})
		}
		o.Print("per task:", words(must[[]string](o)(future.Gather(child("one"), child("two"), child("three")).Await(ctx))))
		_, err := loop.ToThread(ctx, func(context.Context) (int, error) { return strconv.Atoi("no number") }).Await(ctx)
		if errors.Is(err, strconv.ErrSyntax) {
			o.Print("to_thread error: value-error")
		}
		o.Print("main:", get(ctx))
		require.NoError(o, pool.Shutdown(ctx))
	})
})
