package main

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// benchPlain measures what bare Go does where a row has an equivalent that a Go
// programmer would write: the answer to "why not a goroutine?" in numbers.
func benchPlain(ctx context.Context, opts measure.Options, emit measure.Emitter) error {
	return measure.Best(ctx, opts, "go", []measure.Operation{
		{Name: "task_switch_1", N: 100_000, Run: measure.Timed(pullSwitch)},
		{Name: "task_switch_100", N: 200_000, Run: measure.Timed(gosched)},
		{Name: "create_task_gather", N: 100_000, Run: measure.Timed(goroutines)},
		{Name: "future_await", N: 100_000, Run: measure.Timed(channelOnce)},
		{Name: "timer_schedule_cancel", N: 100_000, Run: timersStopped},
		{Name: "timer_fire", N: 100_000, Run: measure.Timed(timersFired)},
		{Name: "queue_put_get", N: 100_000, Run: measure.Timed(channel)},
		{Name: "lock_contended", N: 100_000, Run: measure.Timed(mutex)},
		{Name: "executor_sequential", N: 5_000, Run: measure.Timed(goroutineAndChannel)},
		{Name: "executor_gather", N: 20_000, Run: measure.Timed(goroutines)},
		{Name: "stream_echo_1", N: 20_000, Run: measure.Timed(plainEcho(1))},
		{Name: "stream_echo_16", N: 20_000, Run: measure.Timed(plainEcho(16))},
	}, emit)
}

// pullSwitch: a coroutine resumed n times.
func pullSwitch(_ context.Context, n int) error {
	next, stop := iter.Pull(func(yield func(struct{}) bool) {
		for yield(struct{}{}) {
		}
	})
	defer stop()
	for range n {
		next()
	}
	return nil
}

// gosched: a hundred goroutines that give way to each other.
func gosched(_ context.Context, n int) error {
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			for range n / 100 {
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	return nil
}

// goroutines: a thousand at a time, and wait for them.
func goroutines(_ context.Context, n int) error {
	for range n / 1000 {
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {})
		}
		wg.Wait()
	}
	return nil
}

// channelOnce: a channel made, filled by a goroutine that lives, and read.
func channelOnce(_ context.Context, n int) error {
	work := make(chan chan struct{})
	defer close(work)
	go func() {
		for c := range work {
			c <- struct{}{}
		}
	}()
	for range n {
		c := make(chan struct{}, 1)
		work <- c
		<-c
	}
	return nil
}

func timersStopped(_ context.Context, n int) (time.Duration, error) {
	start := time.Now()
	timers := make([]*time.Timer, n)
	for i := range timers {
		timers[i] = time.AfterFunc(time.Duration(1000+i%97)*time.Second, nothing)
	}
	for _, t := range timers {
		t.Stop()
	}
	return time.Since(start), nil
}

func timersFired(_ context.Context, n int) error {
	var wg sync.WaitGroup
	wg.Add(n)
	for i := range n {
		time.AfterFunc(time.Duration(i%997)*time.Microsecond, wg.Done)
	}
	wg.Wait()
	return nil
}

func channel(_ context.Context, n int) error {
	c := make(chan int, 100)
	go func() {
		for i := range n {
			c <- i
		}
		close(c)
	}()
	for range c {
	}
	return nil
}

func mutex(_ context.Context, n int) error {
	var (
		mu sync.Mutex
		wg sync.WaitGroup
	)
	for range 10 {
		wg.Go(func() {
			for range n / 10 {
				mu.Lock()
				runtime.Gosched()
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return nil
}

// goroutineAndChannel: a goroutine for each call, its result by a channel.
func goroutineAndChannel(_ context.Context, n int) error {
	for range n {
		c := make(chan struct{})
		go func() { c <- struct{}{} }()
		<-c
	}
	return nil
}
