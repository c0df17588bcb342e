package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

type none = executor.None

var bg = context.Background()

// must returns v and fails the case if there is an error.
func must[T any](o *out) func(T, error) T {
	return func(v T, err error) T {
		o.Helper()
		require.NoError(o, err)
		return v
	}
}

func threads(o *out, workers int) *executor.ThreadPool {
	return must[*executor.ThreadPool](o)(executor.NewThreadPool(executor.ThreadConfig{Workers: workers}))
}

func processes(o *out, cfg executor.ProcessConfig) *executor.ProcessPool {
	return must[*executor.ProcessPool](o)(executor.NewProcessPool(cfg))
}

// submit is the case's pool.submit.
func submit[T any](o *out, ex executor.Executor, call executor.Call[T]) *future.Future[T] {
	return must[*future.Future[T]](o)(executor.Submit(bg, ex, call))
}

// onLoop is the case's asyncio.run.
func onLoop(o *out, main func(ctx context.Context)) {
	_, err := loop.Run(bg, func(ctx context.Context) (none, error) {
		main(ctx)
		return none{}, nil
	})
	require.NoError(o, err)
}

// collect is list(pool.map(…)).
func collect[A, R any](ex executor.Executor, bind func(A) executor.Call[R], in []A, opts executor.MapOptions) (all []R, err error) {
	for v, err := range executor.Map(bg, ex, bind, slices.Values(in), opts) {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

// words prints the elements of a slice as Python's print(*xs) does.
func words[T any](xs []T) string {
	s := make([]string, len(xs))
	for i, x := range xs {
		s[i] = fmt.Sprint(x)
	}
	return strings.Join(s, " ")
}

func someOr(err error, none string) string {
	if err == nil {
		return none
	}
	return "some"
}

type custom struct {
	text  string
	scale int
}

func (c *custom) Error() string { return fmt.Sprint(c.text, " ", 5*c.scale) }

var _ = port("executor/01-thread-results-and-errors", func(o *out) {
	var raised []error
	work := func(mode string, scale int) executor.Call[string] {
		return executor.Func(func(context.Context) (string, error) {
			switch mode {
			case "fail":
				err := &custom{"worker failed", scale}
				raised = append(raised, err)
				return "", err
			case "none":
				return "none", nil
			default:
				return fmt.Sprintf("%s*%d", mode, scale), nil
			}
		})
	}
	same := func(err error) string { return yes(err == raised[len(raised)-1]) }
	pool := threads(o, 2)
	ok, bad := submit(o, pool, work("value", 2)), submit(o, pool, work("fail", 1))
	v, err := ok.Await(bg)
	o.Print("result:", v, "/ exception:", someOr(err, "none"))
	_, err = bad.Await(bg)
	o.Print("failed: exception", err)
	for range 2 {
		_, err := bad.Result()
		o.Print("raised:", err, "/ same object:", same(err))
	}
	onLoop(o, func(ctx context.Context) {
		v, err := loop.RunInExecutor(ctx, pool, work("value", 3)).Await(ctx)
		require.NoError(o, err)
		o.Print("loop result:", v)
		_, err = loop.RunInExecutor(ctx, pool, work("fail", 4)).Await(ctx)
		o.Print("loop error:", err, "/ same object:", same(err))
		var jobs []*future.Future[string]
		for _, mode := range []string{"a", "fail", "none"} {
			jobs = append(jobs, loop.RunInExecutor(ctx, pool, work(mode, 1)))
		}
		outcomes, err := future.GatherOutcomes(jobs...).Await(ctx)
		require.NoError(o, err)
		line := []any{"gathered:"}
		for _, outcome := range outcomes {
			if c := (*custom)(nil); errors.As(outcome.Err, &c) {
				line = append(line, c.text)
			} else {
				line = append(line, outcome.Value)
			}
		}
		o.Print(line...)
	})
	o.Print("pool still fine:", must[string](o)(submit(o, pool, work("last", 1)).Await(bg)))
	require.NoError(o, pool.Shutdown(bg))
	if _, err := executor.NewThreadPool(executor.ThreadConfig{Workers: -1}); errors.As(err, new(*executor.ConfigError)) {
		o.Print("no workers: value-error")
	}
})

// The kinds of errors of the case stand for Python's ValueError and RuntimeError.
type (
	valueError   struct{ Text string }
	runtimeError struct{ Text string }
	orderError   struct {
		Code int
		Text string
	}
)

func (e *valueError) Error() string   { return e.Text }
func (e *runtimeError) Error() string { return e.Text }
func (e *orderError) Error() string   { return fmt.Sprint(e.Code, " ", e.Text) }

func init() {
	executor.RegisterErrorType[*valueError]("conformance.ValueError")
	executor.RegisterErrorType[*runtimeError]("conformance.RuntimeError")
	executor.RegisterErrorType[*orderError]("conformance.OrderError")
}

var getpid = executor.RegisterNoArg("conformance.getpid", func(context.Context) (int, error) { return os.Getpid(), nil })

var failing = executor.Register("conformance.failing", func(_ context.Context, mode string) (valueError, error) {
	switch mode {
	case "value":
		return valueError{}, &valueError{"bad value: 7 | äöü"}
	case "empty":
		return valueError{}, &runtimeError{""}
	case "custom":
		return valueError{}, &orderError{42, "custom text"}
	default:
		return valueError{"just returned"}, nil
	}
})

func describe(err error) string {
	var (
		order *orderError
		value *valueError
		other *runtimeError
	)
	switch {
	case err == nil:
		return "none"
	case errors.As(err, &order):
		return fmt.Sprintf("order-error code %d text %s", order.Code, order.Text)
	case errors.As(err, &value):
		return "value-error " + value.Text
	case errors.As(err, &other):
		return fmt.Sprint("runtime-error with message length ", len(other.Text))
	default:
		return err.Error()
	}
}

var _ = port("executor/02-process-errors", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 1})
	pid := must[int](o)(submit(o, pool, getpid.Bind()).Await(bg))
	o.Print("other process:", yes(pid != os.Getpid()))
	futures := map[string]*future.Future[valueError]{}
	for _, mode := range []string{"value", "empty", "custom", "as-result"} {
		futures[mode] = submit(o, pool, failing.Bind(mode))
	}
	for _, mode := range []string{"value", "empty", "custom", "as-result"} {
		_, err := futures[mode].Await(bg)
		o.Print(mode+":", describe(err))
	}
	returned := must[valueError](o)(futures["as-result"].Await(bg))
	o.Print("as-result value:", describe(&returned))
	onLoop(o, func(ctx context.Context) {
		_, err := loop.RunInExecutor(ctx, pool, failing.Bind("custom")).Await(ctx)
		o.Print("loop:", describe(err))
	})
	o.Print("same worker afterwards:", yes(must[int](o)(submit(o, pool, getpid.Bind()).Await(bg)) == pid))
	require.NoError(o, pool.Shutdown(bg))
})

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
			for !busy && pool.Stats().Workers > 0 { // nobody asks, the pool notices all the same
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

var _ = port("executor/08-map-order", func(o *out) {
	var finished []int
	lastDone := make(chan struct{})
	work := executor.Each(func(_ context.Context, i int) (int, error) {
		if i == 0 {
			<-lastDone // the first item finishes last
		}
		finished = append(finished, i)
		if i == 3 {
			close(lastDone)
		}
		return i * i, nil
	})
	one := executor.MapOptions{Window: -1} // as Python: the whole input at the call
	// Two workers, the first of which is held by item 0: the rest runs on
	// the other, one at a time, so that finished needs no lock.
	pool := threads(o, 2)
	var trace []string
	inputs := func(yield func(int) bool) {
		for i := range 4 {
			trace = append(trace, fmt.Sprint("read-", i))
			if !yield(i) {
				return
			}
		}
	}
	results := executor.Map(bg, pool, work, inputs, one)
	o.Print("read before iterating:", words(trace))
	line := []any{"results:"}
	for v, err := range results {
		require.NoError(o, err)
		line = append(line, v)
	}
	o.Print(line...)
	o.Print("finished:", words(finished))
	// Go has one input: zip it first, and the shortest wins.
	type pair struct{ a, b int }
	add := executor.Each(func(_ context.Context, p pair) (int, error) { return p.a + p.b, nil })
	o.Print("shortest input wins:", words(must[[]int](o)(collect(pool, add, []pair{{1, 10}, {2, 20}}, one))))
	o.Print("empty input:", len(must[[]int](o)(collect(pool, work, nil, one))))
	require.NoError(o, pool.Shutdown(bg))

	pool = threads(o, 1)
	broken := func(yield func(int) bool) {
		if yield(5) {
			panic("input failed")
		}
	}
	func() {
		defer func() { o.Print("failing input, at the call:", recover()) }()
		executor.Map(bg, pool, work, broken, one)
	}()
	next, stop := pull2(executor.Map(bg, pool, work, slices.Values([]int{6, 7, 8, 9}), one))
	o.Print("partly read:", next(), next())
	require.NoError(o, pool.Shutdown(bg))
	rest := slices.Sorted(slices.Values(finished))
	o.Print("all done in spite of that:", words(rest[len(rest)-4:]))
	o.Print("rest:", next(), next())
	stop()
	o.Print("item before the input failure ran too:", yes(slices.Contains(finished, 5)))
})

var tagCalls int

type tagArgs struct{ I, Factor int }

type tag struct{ Value, PID, Calls int }

var tagging = executor.Register("conformance.tag", func(_ context.Context, a tagArgs) (tag, error) {
	tagCalls++
	return tag{a.I * a.Factor, os.Getpid(), tagCalls}, nil
})

var _ = port("executor/10-map-chunksize", func(o *out) {
	values := func(rows []tag) (vs []int) {
		for _, r := range rows {
			vs = append(vs, r.Value)
		}
		return vs
	}
	inputs := func(xs ...int) (as []tagArgs) {
		for _, x := range xs {
			as = append(as, tagArgs{x, 1})
		}
		return as
	}
	pool := processes(o, executor.ProcessConfig{Workers: 2})
	rows := must[[]tag](o)(collect(pool, tagging.Bind, inputs(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), executor.MapOptions{Chunk: 4}))
	o.Print("results:", words(values(rows)))
	for _, start := range []int{0, 4, 8} {
		chunk := rows[start:min(start+4, len(rows))]
		oneWorker, inARow := true, true
		for i, r := range chunk {
			oneWorker = oneWorker && r.PID == chunk[0].PID
			inARow = inARow && r.Calls-chunk[0].Calls == i
		}
		o.Printf("chunk at %d: %d items, one worker %s / uninterrupted %s", start, len(chunk), yes(oneWorker), yes(inARow))
	}
	rows = must[[]tag](o)(collect(pool, tagging.Bind, []tagArgs{{1, 10}, {2, 20}, {3, 30}}, executor.MapOptions{Chunk: 2}))
	o.Print("two inputs:", words(values(rows)))
	rows = must[[]tag](o)(collect(pool, tagging.Bind, inputs(7, 8), executor.MapOptions{Chunk: 100}))
	o.Print("oversized chunk:", words(values(rows)))
	rows = must[[]tag](o)(collect(pool, tagging.Bind, nil, executor.MapOptions{Chunk: 3}))
	o.Print("empty:", len(rows))
	// Zero is the default in Go; less is refused, by every pool.
	_, err := collect(pool, tagging.Bind, inputs(1), executor.MapOptions{Chunk: -1})
	o.Print("chunk size zero:", valueErrorOr(err))
	o.Print("chunk size negative:", valueErrorOr(err))
	require.NoError(o, pool.Shutdown(bg))
	small := threads(o, 1)
	rows = must[[]tag](o)(collect(small, tagging.Bind, inputs(1, 2), executor.MapOptions{}))
	o.Print("thread pool ignores it:", len(rows))
	require.NoError(o, small.Shutdown(bg))
})

func valueErrorOr(err error) string {
	if errors.As(err, new(*executor.ConfigError)) {
		return "value-error"
	}
	return fmt.Sprint(err)
}

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

// readOutcome is the case's read: an outcome within a limit, as a word.
func readOutcome(f *future.Future[string], limit time.Duration) string {
	ctx, cancel := context.WithTimeout(bg, limit)
	defer cancel()
	v, err := f.Await(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case future.IsCanceled(err):
		return "cancelled"
	default:
		return v
	}
}

func errorOutcome(f *future.Future[string]) string {
	switch err := f.Err(); {
	case err == nil:
		return "none"
	case future.IsCanceled(err):
		return "cancelled"
	default:
		return err.Error()
	}
}

var _ = port("executor/15-cancel-queued", func(o *out) {
	const brief, long = 20 * time.Millisecond, time.Minute
	var ran, told []string
	gate, busy := make(chan struct{}), make(chan struct{})
	work := func(name string) executor.Call[string] {
		return executor.Func(func(context.Context) (string, error) {
			ran = append(ran, name)
			if name == "running" {
				close(busy)
				<-gate
			}
			return name, nil
		})
	}
	facts := func(f *future.Future[string]) string {
		return fmt.Sprintf("done %s, running %s, cancelled %s", yes(f.IsDone()), yes(f.Running()), yes(f.Canceled()))
	}
	pool := threads(o, 1)
	first, queued, victim := submit(o, pool, work("running")), submit(o, pool, work("queued")), submit(o, pool, work("victim"))
	<-busy
	victim.AddDoneCallback(func(f *future.Future[string]) {
		if f.Canceled() {
			told = append(told, "victim-cancelled")
		}
	})
	o.Print("running:", facts(first), "/ cancel:", yes(first.Cancel()), "/ result:", readOutcome(first, brief))
	o.Print("queued:", facts(queued), "/ result:", readOutcome(queued, brief))
	// Python's second cancel() of a canceled future is true; Go's is false,
	// as everywhere: ask Canceled.
	o.Print("victim cancel:", yes(victim.Cancel()), "/ again:", yes(victim.Canceled()))
	o.Print("victim:", facts(victim), "/ result:", readOutcome(victim, long), "/ exception:", errorOutcome(victim))
	o.Print("callback ran inside cancel:", words(told))
	victim.OnDone(func() { told = append(told, "late") })
	o.Print("late callback:", told[len(told)-1])
	close(gate)
	require.NoError(o, pool.Shutdown(bg))
	o.Print("first:", facts(first), "/ cancel:", yes(first.Cancel()), "/ result:", readOutcome(first, long))
	o.Print("queued:", facts(queued), "/ result:", readOutcome(queued, long), "/ exception:", errorOutcome(queued))
	o.Print("ran:", words(ran))
})

var _ = port("executor/17-as-completed", func(o *out) {
	var a, b, c, d future.Promise[string]
	names := map[*future.Future[string]]string{a.Future(): "a", b.Future(): "b", c.Future(): "c", d.Future(): "d"}
	label := func(f *future.Future[string]) string {
		v, err := f.Result()
		switch {
		case f.Canceled():
			v = "cancelled"
		case err != nil:
			v = "error-" + err.Error()
		}
		return names[f] + ":" + v
	}
	require.NoError(o, c.SetResult("early"))
	pace := make(chan struct{}, 4)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for _, step := range []func(){
			func() { _ = b.SetError(errors.New("boom")) },
			func() { _ = a.SetResult("late") },
			func() { d.Future().Cancel() },
		} {
			<-pace
			step()
		}
	}()
	var order []string
	all := []*future.Future[string]{a.Future(), b.Future(), c.Future(), d.Future(), a.Future(), c.Future()}
	for f, err := range future.AsCompleted(bg, all, 0) {
		require.NoError(o, err)
		order = append(order, label(f))
		pace <- struct{}{} // each result allows the next one to happen
	}
	<-finished
	o.Print("order:", words(order))

	pool := threads(o, 2)
	gate := make(chan struct{})
	fast := submit(o, pool, executor.Func(func(context.Context) (none, error) { return none{}, nil }))
	slow := submit(o, pool, executor.Action(func(context.Context) error { <-gate; return nil }))
	got := []any{"with timeout:"}
	for f, err := range future.AsCompleted(bg, []*future.Future[none]{slow, fast}, 100*time.Millisecond) {
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			got = append(got, "timeout")
		case f == fast:
			got = append(got, "fast")
		default:
			got = append(got, "slow")
		}
	}
	o.Print(append(got, "/ slow:", slow.State())...)
	close(gate)
	require.NoError(o, pool.Shutdown(bg))
	count := func(fs []*future.Future[none], timeout time.Duration) (n int) {
		for _, err := range future.AsCompleted(bg, fs, timeout) {
			require.NoError(o, err)
			n++
		}
		return n
	}
	o.Print("nothing to wait for:", count(nil, 0))
	// Python's timeout of zero, to look and not to wait, is a negative one in Go.
	o.Print("timeout zero, all finished:", count([]*future.Future[none]{fast, slow}, -1))
})

var _ = port("executor/19-job-states-and-callbacks", func(o *out) {
	var trace []string
	started, gate := make(chan struct{}), make(chan struct{})
	facts := func(f *future.Future[string]) string {
		return fmt.Sprintf("running %s, done %s, cancelled %s", yes(f.Running()), yes(f.IsDone()), yes(f.Canceled()))
	}
	var worker, main goroutine
	main.mark()
	where := func() string {
		switch {
		case worker.here():
			return "worker"
		case main.here():
			return "main"
		default:
			return "other"
		}
	}
	callback := func(name string, fail bool) func(*future.Future[string]) {
		return func(f *future.Future[string]) {
			v, _ := f.Result()
			trace = append(trace, fmt.Sprintf("%s-in-%s-%s", name, where(), v))
			if fail {
				panic(name)
			}
		}
	}
	pool := threads(o, 1)
	blocker := submit(o, pool, executor.Func(func(context.Context) (string, error) {
		worker.mark()
		close(started)
		<-gate
		return "value", nil
	}))
	<-started
	job := submit(o, pool, executor.Func(func(context.Context) (string, error) { return "second", nil }))
	o.Print("queued:", facts(job))
	o.Print("running:", facts(blocker))
	blocker.AddDoneCallback(callback("c1", false))
	blocker.AddDoneCallback(callback("bad", true))
	blocker.AddDoneCallback(callback("c2", false))
	o.Print("callbacks so far:", len(trace))
	close(gate)
	o.Print("second job:", must[string](o)(job.Await(bg)))
	o.Print("finished:", facts(blocker))
	blocker.AddDoneCallback(callback("late", false))
	blocker.AddDoneCallback(callback("late-bad", true))
	require.NoError(o, pool.Shutdown(bg))
	for _, step := range trace {
		o.Print(step)
	}
	o.Print("exception:", someOr(blocker.Err(), "none"))
})

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
	pool := processes(o, executor.ProcessConfig{Workers: 1, Initializer: runsSetup.Bind(runsArgs{counter, gate})})
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
