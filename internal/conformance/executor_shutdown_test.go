package conformance_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

type napArgs struct {
	I     int
	Delay time.Duration
}

var napping = executor.Register("conformance.nap", func(_ context.Context, a napArgs) (int, error) {
	time.Sleep(a.Delay)
	return a.I, nil
})

type heldArgs struct {
	I    int
	Gate *shared.Event
}

// held is napping until the gate opens.
var held = executor.Register("conformance.held", func(_ context.Context, a heldArgs) (int, error) {
	return a.I, a.Gate.Wait(within(patience))
})

// now is a context that has ended, for a shutdown that does not wait.
func now() context.Context {
	ctx, cancel := context.WithCancel(bg)
	cancel()
	return ctx
}

func doneOf[T any](fs []*future.Future[T]) (n int) {
	for _, f := range fs {
		if f.IsDone() {
			n++
		}
	}
	return n
}

func resultsOf[T any](o *out, fs []*future.Future[T]) string {
	return words(must[[]T](o)(future.Gather(fs...).Await(bg)))
}

var _ = port("executor/12-shutdown-finishes-queue", func(o *out) {
	scene := func(name string, make func() executor.Executor) {
		fill := func(pool executor.Executor, n int, job func(i int) executor.Call[int]) (fs []*future.Future[int]) {
			for i := range n {
				fs = append(fs, submit(o, pool, job(i)))
			}
			return fs
		}
		brief := func(i int) executor.Call[int] { return napping.Bind(napArgs{i, 50 * time.Millisecond}) }
		pool := make()
		fs := fill(pool, 4, brief)
		require.NoError(o, pool.Shutdown(bg))
		o.Print("["+name+"] wait: finished", doneOf(fs), "of 4 /", resultsOf(o, fs))
		require.NoError(o, pool.Shutdown(bg))
		_ = pool.Shutdown(now())

		pool = make()
		gate := must[*shared.Event](o)(shared.NewEvent())
		fs = fill(pool, 2, func(i int) executor.Call[int] { return held.Bind(heldArgs{i, gate}) })
		_ = pool.Shutdown(now()) // does not wait
		o.Print("no wait: finished", doneOf(fs), "of 2 on return")
		gate.Set()
		o.Print("no wait, later:", resultsOf(o, fs))

		func() { // the with block
			pool := make()
			defer func() {
				require.NoError(o, pool.Shutdown(bg))
				o.Print("with block left by", recover(), "/ finished", doneOf(fs), "of 3")
			}()
			fs = fill(pool, 3, brief)
			panic("body")
		}()
		require.NoError(o, make().Shutdown(bg))
		o.Print("unused pool: ok")
	}
	scene("threads", func() executor.Executor { return threads(o, 1) })
	scene("processes", func() executor.Executor { return processes(o, executor.ProcessConfig{Workers: 1}) })
})

func accepted(err error) string {
	switch {
	case err == nil:
		return "accepted"
	case errors.Is(err, executor.ErrBroken):
		return "broken-pool"
	case errors.Is(err, executor.ErrShutdown):
		return "runtime-error"
	default:
		return err.Error()
	}
}

var _ = port("executor/14-submit-after-shutdown", func(o *out) {
	try := func(pool executor.Executor) string {
		_, err := executor.Submit(bg, pool, napping.Bind(napArgs{}))
		return accepted(err)
	}
	scene := func(name string, pool executor.Executor) {
		o.Print("[" + name + "]")
		gate := must[*shared.Event](o)(shared.NewEvent())
		slow := submit(o, pool, held.Bind(heldArgs{7, gate}))
		_ = pool.Shutdown(now())
		o.Print("submit while draining:", try(pool))
		gate.Set()
		if must[int](o)(slow.Await(bg)) == 7 {
			o.Print("old job: finished")
		}
		o.Print("submit:", try(pool))
		_, err := collect(pool, napping.Bind, []napArgs{{1, 0}, {2, 0}}, executor.MapOptions{})
		o.Print("map:", accepted(err))
		_, err = collect(pool, napping.Bind, nil, executor.MapOptions{})
		o.Print("map of nothing:", accepted(err))
		onLoop(o, func(ctx context.Context) {
			o.Print("run_in_executor:", accepted(loop.RunInExecutor(ctx, pool, napping.Bind(napArgs{})).Err()))
		})
		require.NoError(o, pool.Shutdown(bg))
	}
	scene("threads", threads(o, 1))
	scene("processes", processes(o, executor.ProcessConfig{Workers: 1}))
	// A job that submits to its own pool while that is shutting down.
	pool := threads(o, 1)
	gate := make(chan struct{})
	inside := submit(o, pool, executor.Func(func(context.Context) (string, error) {
		<-gate
		return try(pool), nil
	}))
	_ = pool.Shutdown(now())
	close(gate)
	o.Print("from inside a job:", must[string](o)(inside.Await(bg)))
	require.NoError(o, pool.Shutdown(bg))
})

// What a worker process counts in case 25, and what its calls wait for.
var runs runsArgs

type runsArgs struct {
	Count *shared.Value[int32]
	Gate  *shared.Event
}

var runsSetup = executor.RegisterNoResult("conformance.runs.setup", func(_ context.Context, a runsArgs) error {
	runs = a
	return nil
})

var runsWork = executor.Register("conformance.runs.work", func(_ context.Context, i int) (int, error) {
	runs.Count.Add(1)
	return i, runs.Gate.Wait(within(patience))
})

var _ = port("executor/25-process-shutdown-cancel", func(o *out) {
	counter := must[*shared.Value[int32]](o)(shared.NewValue[int32](0))
	gate := must[*shared.Event](o)(shared.NewEvent())
	// One call ahead, as in Python: of a function that took microseconds so far, as
	// the first call does, all ten might be handed to the worker.
	pool := processes(o, executor.ProcessConfig{Workers: 1, Prefetch: 1, Initializer: runsSetup.Bind(runsArgs{counter, gate})})
	gate.Set()
	must[int](o)(submit(o, pool, runsWork.Bind(0)).Await(bg))
	gate.Clear()
	var futures []*future.Future[int]
	for i := range 10 {
		futures = append(futures, submit(o, pool, runsWork.Bind(i)))
	}
	// The first one runs.
	require.Eventually(o, func() bool { return counter.Load() == 2 }, patience, time.Millisecond)
	// In Go a running call is asked to stop; this one does not listen.
	o.Print("cancel the running one:", yes(futures[0].Cancel()), "/ the last one:", yes(futures[9].Cancel()))
	pool.CancelPending()
	gate.Set()
	require.NoError(o, pool.Shutdown(bg))
	first := must[int](o)(futures[0].Await(bg))
	var ended []string
	for _, f := range futures[8:] {
		if f.Canceled() {
			ended = append(ended, "cancelled")
		}
	}
	o.Print("first:", first, "/ last two:", words(ended))
	var finished, want []int
	for _, f := range futures {
		if f.IsDone() && !f.Canceled() {
			want = append(want, len(finished))
			finished = append(finished, must[int](o)(f.Result()))
		}
	}
	o.Print("every one finished or cancelled:", yes(doneOf(futures) == len(futures)))
	o.Print("ran exactly the finished ones:", yes(int(counter.Load()) == len(finished)+1))
	o.Print("finished ones are the oldest:", yes(slices.Equal(finished, want)))
})
