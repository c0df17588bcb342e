package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

const workers = 4

const mebibytes16 = 16 << 20

// A poolRow measures once and returns the value in its unit.
type poolRow struct {
	name   string
	unit   string
	higher bool // is better
	run    func(ctx context.Context, opts measure.Options, warm *warmPool) (float64, error)
}

var speedupRow = "cpu_speedup_on_" + strconv.Itoa(runtime.NumCPU()) + "_cores"

var poolRows = []poolRow{
	{"start_to_first_result", "ms", false, startToFirstResult},
	{"call_sequential", "ns", false, onWarmPool(callSequential)},
	{"call_pipelined", "calls/s", true, onWarmPool(callPipelined)},
	{"map_chunk_100", "items/s", true, onWarmPool(mapChunks)},
	{"argument_16MiB", "GB/s", true, onWarmPool(bigArgument)},
	{"result_16MiB", "GB/s", true, onWarmPool(bigResult)},
	{"makespan_over_ideal", "ratio", false, onWarmPool(makespan)},
	{speedupRow, "ratio", true, onWarmPool(cpuSpeedup)},
	{"shared_value_locked_add", "ns", false, lockedAdd},
	{"kill_worker_to_next_result", "ms", false, onNewPool(killWorker)},
}

func benchPool(ctx context.Context, opts measure.Options, emit measure.Emitter) (err error) {
	warm := new(warmPool)
	defer func() { err = errors.Join(err, warm.close(ctx)) }()
	for _, r := range poolRows {
		if !opts.Wants(r.name) {
			continue
		}
		var values []float64
		for range opts.Times() {
			v, err := r.run(ctx, opts, warm)
			if errors.Is(err, errors.ErrUnsupported) {
				fmt.Fprintln(os.Stderr, "bench:", err)
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			values = append(values, v)
		}
		best := slices.Min(values)
		if r.higher {
			best = slices.Max(values)
		}
		emit(measure.Row{Row: r.name, Value: best, Unit: r.unit, Peer: us})
	}
	return nil
}

// A warmPool is the pool that the rows share which the baseline, too, measures on
// one pool: its workers have started, and from the second round on their memory
// has been used before.
type warmPool struct {
	pool *executor.ProcessPool // nil until the first row needs it
}

func (w *warmPool) get(ctx context.Context) (*executor.ProcessPool, error) {
	if w.pool == nil {
		pool, err := newPool(ctx)
		if err != nil {
			return nil, err
		}
		w.pool = pool
	}
	return w.pool, nil
}

func (w *warmPool) close(ctx context.Context) error {
	if w.pool == nil {
		return nil
	}
	return w.pool.Shutdown(ctx)
}

type measurement func(context.Context, measure.Options, *executor.ProcessPool) (float64, error)

func onWarmPool(fn measurement) func(context.Context, measure.Options, *warmPool) (float64, error) {
	return func(ctx context.Context, opts measure.Options, warm *warmPool) (float64, error) {
		pool, err := warm.get(ctx)
		if err != nil {
			return 0, err
		}
		return fn(ctx, opts, pool)
	}
}

// onNewPool is for what a pool does not survive unchanged.
func onNewPool(fn measurement) func(context.Context, measure.Options, *warmPool) (float64, error) {
	return func(ctx context.Context, opts measure.Options, _ *warmPool) (v float64, err error) {
		pool, err := newPool(ctx)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, pool.Shutdown(ctx)) }()
		return fn(ctx, opts, pool)
	}
}

// newPool returns a pool whose workers all have started.
func newPool(ctx context.Context) (*executor.ProcessPool, error) {
	quiet := slog.New(slog.DiscardHandler) // a row kills a worker, which is a warning otherwise
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: workers, Logger: quiet})
	if err != nil {
		return nil, err
	}
	if err := warm(ctx, pool); err != nil {
		return nil, errors.Join(err, pool.Shutdown(ctx))
	}
	return pool, nil
}

func warm(ctx context.Context, pool *executor.ProcessPool) error {
	_, err := all(ctx, pool, nap, slices.Repeat([]float64{0.05}, 2*workers))
	return err
}

// all submits a call for each argument and waits for the results.
func all[A, R any](ctx context.Context, pool *executor.ProcessPool, fn *executor.Function[A, R], args []A) ([]R, error) {
	futures := make([]*future.Future[R], len(args))
	for i, arg := range args {
		f, err := executor.Submit(ctx, pool, fn.Bind(arg))
		if err != nil {
			return nil, err
		}
		futures[i] = f
	}
	results := make([]R, len(args))
	for i, f := range futures {
		var err error
		if results[i], err = f.Await(ctx); err != nil {
			return nil, err
		}
	}
	return results, nil
}

func one[A, R any](ctx context.Context, pool *executor.ProcessPool, fn *executor.Function[A, R], arg A) (R, error) {
	f, err := executor.Submit(ctx, pool, fn.Bind(arg))
	if err != nil {
		var none R
		return none, err
	}
	return f.Await(ctx)
}

func startToFirstResult(ctx context.Context, _ measure.Options, _ *warmPool) (v float64, err error) {
	start := time.Now()
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: workers})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, pool.Shutdown(ctx)) }()
	_, err = one(ctx, pool, same, 0)
	return milliseconds(time.Since(start)), err
}

func callSequential(ctx context.Context, opts measure.Options, pool *executor.ProcessPool) (float64, error) {
	n := opts.Scaled(2000)
	start := time.Now()
	for i := range n {
		if _, err := one(ctx, pool, same, i); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(start).Nanoseconds()) / float64(n), nil
}

func callPipelined(ctx context.Context, opts measure.Options, pool *executor.ProcessPool) (float64, error) {
	args := numbers(opts.Scaled(10000))
	start := time.Now()
	_, err := all(ctx, pool, same, args)
	return float64(len(args)) / time.Since(start).Seconds(), err
}

func mapChunks(ctx context.Context, opts measure.Options, pool *executor.ProcessPool) (float64, error) {
	args := numbers(opts.Scaled(200000))
	results := make([]int, 0, len(args))
	start := time.Now()
	for r, err := range executor.Map(ctx, pool, same.Bind, slices.Values(args), executor.MapOptions{Chunk: 100, Window: -1}) {
		if err != nil {
			return 0, err
		}
		results = append(results, r)
	}
	return float64(len(results)) / time.Since(start).Seconds(), nil
}

// bigCalls is of how many calls with 16 MiB the fastest counts. The first ones use memory
// that is new to their process, which may take ten times as long as to copy it.
const bigCalls = 10

// fastestRate returns the rate of the fastest of some calls with 16 MiB, in GB/s.
func fastestRate(opts measure.Options, call func() (arrived int, err error)) (float64, error) {
	calls := bigCalls
	if opts.Quick {
		calls = 1
	}
	least := time.Duration(math.MaxInt64)
	for range calls {
		start := time.Now()
		n, err := call()
		if err == nil && n != mebibytes16 {
			err = fmt.Errorf("%d bytes arrived of %d", n, mebibytes16)
		}
		if err != nil {
			return 0, err
		}
		least = min(least, time.Since(start))
	}
	return mebibytes16 / least.Seconds() / 1e9, nil
}

func bigArgument(ctx context.Context, opts measure.Options, pool *executor.ProcessPool) (float64, error) {
	data := bytes.Repeat([]byte("x"), mebibytes16)
	return fastestRate(opts, func() (int, error) { return one(ctx, pool, size, data) })
}

func bigResult(ctx context.Context, opts measure.Options, pool *executor.ProcessPool) (float64, error) {
	return fastestRate(opts, func() (int, error) {
		data, err := one(ctx, pool, blob, mebibytes16)
		return len(data), err
	})
}

// naps are the sleeps of the row makespan.
func naps(opts measure.Options) []float64 {
	all := slices.Repeat(append([]float64{0.010}, slices.Repeat([]float64{0.001}, 9)...), 40)
	if opts.Quick {
		return all[:20]
	}
	return all
}

// makespan: how even the work is shared, as the time over the ideal for naps of
// 10 ms among those of 1 ms.
func makespan(ctx context.Context, opts measure.Options, pool *executor.ProcessPool) (float64, error) {
	naps := naps(opts)
	start := time.Now()
	_, err := all(ctx, pool, nap, naps)
	return overIdeal(time.Since(start), naps), err
}

// overIdeal returns the time that the naps took over the least that the workers could take.
func overIdeal(took time.Duration, naps []float64) float64 {
	ideal := 0.0
	for _, s := range naps {
		ideal += s / workers
	}
	return took.Seconds() / ideal
}

func cpuSpeedup(ctx context.Context, opts measure.Options, pool *executor.ProcessPool) (float64, error) {
	const calls = 4
	limit := opts.Scaled(600_000) // as in Python the calls take some 100 ms each
	start := time.Now()
	for range calls {
		if _, err := countPrimes.Call(ctx, limit); err != nil {
			return 0, err
		}
	}
	serial := time.Since(start)
	start = time.Now()
	_, err := all(ctx, pool, countPrimes, slices.Repeat([]int{limit}, calls))
	return serial.Seconds() / time.Since(start).Seconds(), err
}

func lockedAdd(ctx context.Context, opts measure.Options, _ *warmPool) (v float64, err error) {
	value, err := shared.NewValue(0.0)
	if err != nil {
		return 0, err
	}
	defer value.Close()
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: workers, Initializer: initCounter.Bind(value)})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, pool.Shutdown(ctx)) }()
	if err := warm(ctx, pool); err != nil {
		return 0, err
	}
	n := opts.Scaled(25000)
	start := time.Now()
	_, err = all(ctx, pool, addLocked, slices.Repeat([]int{n}, workers))
	spent := time.Since(start)
	if err == nil && value.Load() != float64(n*workers) {
		err = fmt.Errorf("the value is %v, not %d", value.Load(), n*workers)
	}
	return float64(spent.Nanoseconds()) / float64(n*workers), err
}

// busyFor is how long the other workers of killWorker are busy, in seconds: longer than a
// worker takes to start.
const busyFor = 0.1

// killWorker: from a worker's SIGKILL to the first result of its replacement. The other
// workers have calls that sleep, so that they neither take the call nor keep the
// processors from the worker that starts.
func killWorker(ctx context.Context, _ measure.Options, pool *executor.ProcessPool) (v float64, err error) {
	var busy []*future.Future[int]
	for range workers - 1 {
		f, err := executor.Submit(ctx, pool, pidAfter.Bind(busyFor))
		if err != nil {
			return 0, err
		}
		busy = append(busy, f)
	}
	defer func() {
		_, others := future.Gather(busy...).Await(ctx)
		err = errors.Join(err, others)
	}()
	pid, err := one(ctx, pool, pidAfter, 0)
	if err != nil {
		return 0, err
	}
	victim, err := os.FindProcess(pid)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := victim.Kill(); err != nil {
		return 0, err
	}
	for {
		next, err := one(ctx, pool, pidAfter, 0)
		var crash *executor.CrashError
		switch {
		case errors.As(err, &crash): // it had the call, and dies only now
		case err != nil:
			return 0, err
		case next != pid:
			v = milliseconds(time.Since(start))
			for _, f := range busy {
				if f.IsDone() {
					return 0, fmt.Errorf("no replacement within %v s", busyFor)
				}
			}
			return v, nil
		}
	}
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }
