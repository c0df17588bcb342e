package main

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// bareQueue: functions are appended to a slice and called, so many in a turn.
func bareQueue(batch int) func(context.Context, int) error {
	return func(_ context.Context, n int) error {
		called := 0
		step := func() { called++ }
		queue := make([]func(), 0, min(batch, n))
		for called < n {
			queue = queue[:0]
			for range min(batch, n-called) {
				queue = append(queue, step)
			}
			for _, fn := range queue {
				fn()
			}
		}
		return nil
	}
}

// bareChannel: other goroutines send functions through a channel to one that calls them.
func bareChannel(posters int) func(context.Context, int) error {
	return func(_ context.Context, n int) error {
		calls := make(chan func(), 1024)
		for range posters {
			go func() {
				for range n / posters {
					calls <- nothing
				}
			}()
		}
		for range n / posters * posters {
			(<-calls)()
		}
		return nil
	}
}

// barePull: so many coroutines of iter.Pull, resumed in turn, n times in all.
func barePull(coroutines int) func(context.Context, int) error {
	return func(_ context.Context, n int) error {
		resume := make([]func() (struct{}, bool), coroutines)
		for i := range resume {
			next, stop := iter.Pull(func(yield func(struct{}) bool) {
				for yield(struct{}{}) {
				}
			})
			defer stop() //nolint:revive // all of them end with the row
			resume[i] = next
		}
		for range n / coroutines {
			for _, next := range resume {
				next()
			}
		}
		return nil
	}
}

// barePullQueue: a coroutine fills a slice of a hundred, and its caller empties it.
func barePullQueue(_ context.Context, n int) error {
	items := make([]int, 0, 100)
	next, stop := iter.Pull(func(yield func(struct{}) bool) {
		for i := 0; ; i++ {
			items = append(items, i)
			if len(items) == cap(items) && !yield(struct{}{}) {
				return
			}
		}
	})
	defer stop()
	sum := 0
	for range n / cap(items) {
		next()
		for _, item := range items {
			sum += item
		}
		items = items[:0]
	}
	runtime.KeepAlive(sum)
	return nil
}

// bareHandOff: a goroutine that lives gets a function and sends back that it has called it.
func bareHandOff(_ context.Context, n int) error {
	work, done := make(chan func()), make(chan struct{})
	defer close(work)
	go func() {
		for fn := range work {
			fn()
			done <- struct{}{}
		}
	}()
	for range n {
		work <- nothing
		<-done
	}
	return nil
}

// bareHandOffs: the same with all of a batch at once, and so many goroutines.
func bareHandOffs(workers, batch int) func(context.Context, int) error {
	return func(_ context.Context, n int) error {
		batch := min(batch, n)
		work := make(chan func(), batch)
		defer close(work)
		var left sync.WaitGroup
		for range workers {
			go func() {
				for fn := range work {
					fn()
					left.Done()
				}
			}()
		}
		for range n / batch {
			left.Add(batch)
			for range batch {
				work <- nothing
			}
			left.Wait()
		}
		return nil
	}
}

// bareSleepers: a million goroutines that wait on one channel, until it is closed.
func bareSleepers(_ context.Context, opts measure.Options, emit measure.Emitter) error {
	if !opts.Wants(sleepersRow) && !opts.Wants(sleepersMemoryRow) {
		return nil
	}
	n := opts.Scaled(1_000_000)
	empty := inUse()
	start := time.Now()
	end := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { <-end })
		if i%sleepersBatch == 0 {
			runtime.Gosched()
		}
	}
	spent := time.Since(start)
	full := inUse()
	start = time.Now()
	close(end)
	all.Wait()
	spent += time.Since(start)
	for _, r := range []measure.Row{
		{Row: sleepersRow, NsPerOp: float64(spent.Nanoseconds()) / float64(n), N: n},
		{Row: sleepersMemoryRow, Value: float64(full-empty) / float64(n), Unit: "B"},
	} {
		if r.Peer = limit; opts.Wants(r.Row) {
			emit(r)
		}
	}
	return nil
}
