package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/stat"
)

// latencyRows are the percentiles of the time of a call under load.
var latencyRows = []struct {
	name string
	q    float64
}{{"scale_latency_p50", 0.5}, {"scale_latency_p99", 0.99}, {"scale_latency_p999", 0.999}}

const service = 0.001 // seconds that each call sleeps

// benchLatency gives calls at random times, whether or not those before are done, as
// requests come to a service. Beside it stands an ideal queue with the same arrivals.
func benchLatency(ctx context.Context, opts measure.Options, emit measure.Emitter) (err error) {
	if !opts.Wants(latencyRows[0].name) {
		return nil
	}
	pool, err := newPool(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Shutdown(ctx)) }()
	for _, load := range []int{10, 50, 90} {
		rate := float64(load) / 100 * workers / service
		seconds := 4.0
		if opts.Quick {
			seconds = 0.1
		}
		due := arrivals(rate, int(rate*seconds))
		took, err := offered(ctx, pool, due)
		if err != nil {
			return err
		}
		ideal := idealQueue(due)
		for _, r := range latencyRows {
			emit(measure.Row{Row: r.name, X: float64(load), Value: stat.Quantile(took, r.q) * 1e9, Unit: "ns", Peer: us})
			emit(measure.Row{Row: r.name, X: float64(load), Value: stat.Quantile(ideal, r.q) * 1e9, Unit: "ns", Peer: limit})
		}
	}
	return nil
}

// arrivals returns the seconds at which n calls come, at random: always the same.
func arrivals(rate float64, n int) []float64 {
	random := rand.New(rand.NewPCG(1, 2))
	due := make([]float64, n)
	at := 0.0
	for i := range due {
		at += random.ExpFloat64() / rate
		due[i] = at
	}
	return due
}

// offered makes the calls and returns how long after it was due each was done.
func offered(ctx context.Context, pool *executor.ProcessPool, due []float64) ([]float64, error) {
	runtime.LockOSThread() // to be woken on time
	defer runtime.UnlockOSThread()
	took := make([]float64, len(due))
	var all sync.WaitGroup
	errs := make(chan error, len(due))
	start := time.Now()
	for i, at := range due {
		if wait := at - time.Since(start).Seconds(); wait > 0 {
			sleep(wait)
		}
		f, err := executor.Submit(ctx, pool, nap.Bind(service))
		if err != nil {
			return nil, err
		}
		all.Add(1)
		f.OnDone(func() {
			took[i] = time.Since(start).Seconds() - at
			if err := f.Err(); err != nil {
				errs <- err
			}
			all.Done()
		})
	}
	all.Wait()
	select {
	case err := <-errs:
		return nil, fmt.Errorf("a call under load: %w", err)
	default:
		return took, nil
	}
}

// idealQueue returns how long calls take that arrive so, and of which the first free worker
// takes the oldest, without any cost.
func idealQueue(due []float64) []float64 {
	var free [workers]float64
	took := make([]float64, len(due))
	for i, at := range due {
		first := 0
		for w := range free {
			if free[w] < free[first] {
				first = w
			}
		}
		free[first] = max(free[first], at) + service
		took[i] = free[first] - at
	}
	return took
}
