package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// The state of a worker process in case 03.
var met struct {
	meeting *shared.Barrier
	label   string
	jobs    int
}

type meetingArgs struct {
	Counter *shared.Value[int32]
	Meeting *shared.Barrier
	Label   string
}

type tagged struct {
	PID, N int
	Label  string
}

var meetingSetup = executor.RegisterNoResult("conformance.meeting.setup", func(_ context.Context, a meetingArgs) error {
	a.Counter.Add(1)
	met.meeting, met.label = a.Meeting, a.Label
	return nil
})

var rendezvous = executor.Register("conformance.meeting.rendezvous", func(ctx context.Context, _ int) (tagged, error) {
	// Returns only when two workers are inside at the same time.
	_, err := met.meeting.Wait(ctx)
	met.jobs++
	return tagged{PID: os.Getpid(), Label: met.label}, err
})

var countJobs = executor.Register("conformance.meeting.count", func(context.Context, int) (tagged, error) {
	met.jobs++
	return tagged{PID: os.Getpid(), N: met.jobs}, nil
})

var _ = port("executor/03-initializer-per-worker", func(o *out) {
	counter := must[*shared.Value[int32]](o)(shared.NewValue[int32](0))
	barrier := must[*shared.Barrier](o)(shared.NewBarrier(2))
	pool := processes(o, executor.ProcessConfig{Workers: 2, Initializer: meetingSetup.Bind(meetingArgs{counter, barrier, "tag"})})
	o.Print("before the first job:", counter.Load())
	both := must[[]tagged](o)(collect(pool, rendezvous.Bind, []int{0, 1}, executor.MapOptions{}))
	pids := map[int]bool{}
	var labels []string
	for _, m := range both {
		pids[m.PID] = true
		labels = append(labels, m.Label)
	}
	o.Print("workers met:", len(pids), "/ labels:", words(labels))
	o.Print("initializer runs:", counter.Load())
	last := map[int]int{}
	for _, j := range must[[]tagged](o)(collect(pool, countJobs.Bind, make([]int, 10), executor.MapOptions{})) {
		last[j.PID] = max(j.N, last[j.PID], 1)
	}
	total, same := 0, true
	for pid, n := range last {
		total += n - 1
		same = same && pids[pid]
	}
	o.Print("all by the same workers:", yes(same))
	o.Print("state survived between jobs:", yes(total == 10))
	require.NoError(o, pool.Shutdown(bg))
	o.Print("initializer runs in the end:", counter.Load())
	o.Print("parent untouched:", yes(met.meeting == nil))
})

var unlucky *shared.Array[int32]

type unluckyArgs struct {
	Counters *shared.Array[int32]
	Mode     string
}

var unluckySetup = executor.RegisterNoResult("conformance.unlucky.setup", func(_ context.Context, a unluckyArgs) error {
	unlucky = a.Counters
	if err := unlucky.Update(func(c []int32) { c[0]++ }); err != nil {
		return err
	}
	if a.Mode == "error" {
		return errors.New("no luck")
	}
	os.Exit(0) // even a clean-looking exit counts as failure
	return nil
})

var unluckyWork = executor.Register("conformance.unlucky.work", func(_ context.Context, x int) (int, error) {
	return x, unlucky.Update(func(c []int32) { c[1]++ })
})

func brokenOr(v any, err error) string {
	if errors.Is(err, executor.ErrBroken) {
		return "broken-pool"
	}
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(v)
}

var _ = port("executor/04-process-initializer-fails", func(o *out) {
	for _, mode := range []string{"error", "exit"} {
		counters := must[*shared.Array[int32]](o)(shared.NewArray[int32](2))
		pool := processes(o, executor.ProcessConfig{
			Workers:      1,
			Initializer:  unluckySetup.Bind(unluckyArgs{counters, mode}),
			BreakOnCrash: true, // else a worker that dies while it starts is given a few more chances
		})
		outcome := func(x int) string {
			f, err := executor.Submit(bg, pool, unluckyWork.Bind(x))
			if err != nil {
				return brokenOr(nil, err)
			}
			return brokenOr(f.Await(bg))
		}
		first := submit(o, pool, unluckyWork.Bind(0))
		// Whether the next submits themselves or their futures fail depends on timing.
		others := []string{outcome(1), outcome(2), outcome(3)}
		o.Print("["+mode+"] first:", brokenOr(first.Await(bg)), "/ others:", words(others))
		o.Print("first: done", yes(first.IsDone()), "/ cancelled", yes(first.Canceled()))
		o.Print("later submit:", brokenOr(executor.Submit(bg, pool, unluckyWork.Bind(1))))
		_, err := collect(pool, unluckyWork.Bind, []int{1}, executor.MapOptions{})
		o.Print("later map:", brokenOr(nil, err))
		require.NoError(o, pool.Shutdown(bg))
		o.Print("submit after shutdown:", brokenOr(executor.Submit(bg, pool, unluckyWork.Bind(1))))
		o.Print("initializer runs:", counters.Get(0), "/ job runs:", counters.Get(1))
	}
})

var longJob = executor.RegisterNoResult("conformance.long", func(ctx context.Context, started *shared.Event) error {
	started.Set()
	<-ctx.Done()
	return ctx.Err()
})

// submitOutcome hands one more call to a pool and says what became of it.
func submitOutcome(ctx context.Context, pool executor.Executor) string {
	f := loop.RunInExecutor(ctx, pool, getpid.Bind())
	if f.IsDone() && errors.Is(f.Err(), executor.ErrBroken) {
		return "broken-pool at once"
	}
	return brokenOr(f.Await(ctx))
}

var _ = port("executor/07-worker-killed", func(o *out) {
	onLoop(o, func(ctx context.Context) {
		scene := func(busy bool) {
			if busy {
				o.Print("[busy worker]")
			} else {
				o.Print("[idle worker]")
			}
			event := must[*shared.Event](o)(shared.NewEvent())
			pool := processes(o, executor.ProcessConfig{Workers: 1, BreakOnCrash: true})
			pid := must[int](o)(loop.RunInExecutor(ctx, pool, getpid.Bind()).Await(ctx))
			var inFlight []func() (any, error)
			if busy {
				long := loop.RunInExecutor(ctx, pool, longJob.Bind(event))
				inFlight = append(inFlight, func() (any, error) { return long.Await(ctx) })
				for range 2 {
					f := loop.RunInExecutor(ctx, pool, getpid.Bind())
					inFlight = append(inFlight, func() (any, error) { return f.Await(ctx) })
				}
				require.NoError(o, event.Wait(ctx)) // suspends the task, no thread needed
			}
			process := must[*os.Process](o)(os.FindProcess(pid))
			require.NoError(o, process.Kill())
			for _, await := range inFlight {
				o.Print("in flight:", brokenOr(await()))
			}
			for !busy && pool.Stats().Workers > 0 { // nothing asks, the pool notices all the same
				require.NoError(o, loop.Sleep(ctx, time.Millisecond))
			}
			o.Print("new job:", submitOutcome(ctx, pool))
			require.NoError(o, pool.Shutdown(ctx))
		}
		scene(true)
		scene(false)
		fresh := processes(o, executor.ProcessConfig{Workers: 1})
		if must[int](o)(loop.RunInExecutor(ctx, fresh, getpid.Bind()).Await(ctx)) != os.Getpid() {
			o.Print("new pool: works")
		}
		require.NoError(o, fresh.Shutdown(ctx))
	})
})

var total struct {
	sum  *shared.Value[float64]
	hits *shared.Array[int32]
}

type totalArgs struct {
	Sum  *shared.Value[float64]
	Hits *shared.Array[int32]
}

var totalSetup = executor.RegisterNoResult("conformance.total.setup", func(_ context.Context, a totalArgs) error {
	total.sum, total.hits = a.Sum, a.Hits
	return nil
})

var totalIncrement = executor.Register("conformance.total.increment", func(_ context.Context, i int) (int, error) {
	if _, err := total.sum.Update(func(v float64) float64 { return v + 1 }); err != nil {
		return 0, err
	}
	return i, total.hits.Update(func(hits []int32) { hits[i%4]++ })
})

var _ = port("executor/21-shared-counter", func(o *out) {
	sum := must[*shared.Value[float64]](o)(shared.NewValue(0.0))
	hits := must[*shared.Array[int32]](o)(shared.NewArray[int32](4))
	pool := processes(o, executor.ProcessConfig{Workers: 4, Initializer: totalSetup.Bind(totalArgs{sum, hits})})
	in := make([]int, 1000)
	for i := range in {
		in[i] = i
	}
	results := must[[]int](o)(collect(pool, totalIncrement.Bind, in, executor.MapOptions{Chunk: 10}))
	require.NoError(o, pool.Shutdown(bg))
	o.Print("results in order:", yes(slices.Equal(results, in)))
	o.Printf("total: %.1f", sum.Load())
	o.Print("per slot:", words(hits.Slice()))
	if total.sum == nil && total.hits == nil {
		o.Print("parent's own globals: untouched")
	}
})

var startCount = executor.RegisterNoResult("conformance.start.count", func(_ context.Context, c *shared.Value[int32]) error {
	c.Add(1)
	return nil
})

var _ = port("executor/22-workers-on-demand", func(o *out) {
	pool := threads(o, 3)
	name := func(ctx context.Context) (string, error) { return executor.WorkerFrom(ctx).Name(), nil }
	seen := map[string]bool{}
	for range 4 {
		seen[must[string](o)(submit(o, pool, executor.Func(name)).Await(bg))] = true
	}
	o.Print("threads, one at a time:", len(seen))
	gate, inside := make(chan struct{}), make(chan struct{}, 5)
	var held []*future.Future[string]
	for range 5 {
		held = append(held, submit(o, pool, executor.Func(func(ctx context.Context) (string, error) {
			inside <- struct{}{}
			<-gate
			return name(ctx)
		})))
	}
	for range 3 {
		<-inside
	}
	running := 0
	for _, f := range held {
		if f.Running() {
			running++
		}
	}
	o.Print("threads, all busy: running", running, "of 5, more inside:", yes(len(inside) > 0))
	close(gate)
	require.NoError(o, pool.Shutdown(bg))
	used := map[string]bool{}
	for _, w := range must[[]string](o)(future.Gather(held...).Await(bg)) {
		used[w] = true
	}
	first := slices.Collect(maps.Keys(seen))[0]
	o.Print("threads used:", len(used), "/ the first among them:", yes(used[first]))

	counter := must[*shared.Value[int32]](o)(shared.NewValue[int32](0))
	on := executor.ProcessConfig{Workers: 3, Initializer: startCount.Bind(counter)}
	one := processes(o, on)
	pids := map[int]bool{}
	for range 3 {
		pids[must[int](o)(submit(o, one, getpid.Bind()).Await(bg))] = true
	}
	require.NoError(o, one.Shutdown(bg))
	o.Print("processes, one at a time: used", len(pids), "/ started", counter.Load())
	require.NoError(o, processes(o, on).Shutdown(bg))
	o.Print("processes, no job at all: started", counter.Load()-1)
})
