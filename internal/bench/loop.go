package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

type none = executor.None

// A loopRow does n operations and says how long they took.
type loopRow struct {
	name string
	n    int
	run  func(ctx context.Context, n int) (time.Duration, error)
}

func benchLoop(ctx context.Context, opts options, emit emitter) error {
	_, err := loop.Run(ctx, func(ctx context.Context) (none, error) {
		if err := measure(ctx, opts, us, loopRows, emit); err != nil {
			return none{}, err
		}
		return none{}, benchSleepers(ctx, opts, emit)
	})
	return err
}

var loopRows = []loopRow{
	{"call_soon_chain", 200_000, timed(callSoonChain)},
	{"call_soon_bulk", 200_000, timed(callSoonBulk)},
	{"call_soon_threadsafe_1", 100_000, timed(callSoonThreadsafe(1))},
	{"call_soon_threadsafe_4", 100_000, timed(callSoonThreadsafe(4))},
	{"task_switch_1", 100_000, timed(taskSwitch(1))},
	{"task_switch_100", 200_000, timed(taskSwitch(100))},
	{"create_task_gather", 100_000, timed(createTaskGather)},
	{"future_await", 100_000, timed(futureAwait)},
	{"timer_schedule_cancel", 100_000, timerScheduleCancel},
	{"timer_fire", 100_000, timed(timerFire)},
	{"timers_1k", 100_000, timers(1_000)},
	{"timers_100k", 100_000, timers(100_000)},
	{"timers_1M", 100_000, timers(1_000_000)},
	{"queue_put_get", 100_000, timed(queuePutGet)},
	{"lock_contended", 100_000, timed(lockContended)},
	{"executor_sequential", 5_000, timed(executorSequential)},
	{"executor_gather", 20_000, timed(executorGather)},
	{"stream_echo_1", 20_000, timed(streamEcho(1))},
	{"stream_echo_16", 20_000, timed(streamEcho(16))},
}

// measure does each row several times. The best counts, so that a busy machine
// spoils as little as possible; the Python programs do the same.
func measure(ctx context.Context, opts options, peer string, rows []loopRow, emit emitter) error {
	for _, r := range rows {
		if !opts.wants(r.name) {
			continue
		}
		n := opts.scaled(r.n)
		var best time.Duration
		for range opts.times() {
			spent, err := r.run(ctx, n)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			if best == 0 || spent < best {
				best = spent
			}
		}
		emit(row{Row: r.name, NsPerOp: float64(best.Nanoseconds()) / float64(n), N: n, Peer: peer})
	}
	return nil
}

func timed(fn func(context.Context, int) error) func(context.Context, int) (time.Duration, error) {
	return func(ctx context.Context, n int) (time.Duration, error) {
		start := time.Now()
		err := fn(ctx, n)
		return time.Since(start), err
	}
}

func here(ctx context.Context) *loop.Loop {
	l, err := loop.FromContext(ctx)
	if err != nil {
		panic(err) // every row runs in a task
	}
	return l
}

func nothing() {}

// callSoonChain: each callback schedules the next one, n loop iterations.
func callSoonChain(ctx context.Context, n int) error {
	l := here(ctx)
	done := future.NewOn[none](l)
	left := n
	var step func()
	step = func() {
		left--
		if left == 0 {
			_ = done.SetResult(none{})
			return
		}
		l.CallSoon(step)
	}
	l.CallSoon(step)
	_, err := done.Future().Await(ctx)
	return err
}

// callSoonBulk: n callbacks queued at once, run in one iteration.
func callSoonBulk(ctx context.Context, n int) error {
	l := here(ctx)
	done := future.NewOn[none](l)
	for range n - 1 {
		l.CallSoon(nothing)
	}
	l.CallSoon(func() { _ = done.SetResult(none{}) })
	_, err := done.Future().Await(ctx)
	return err
}

// callSoonThreadsafe: n callbacks posted by goroutines while the loop runs.
func callSoonThreadsafe(posters int) func(context.Context, int) error {
	return func(ctx context.Context, n int) error {
		l := here(ctx)
		done := future.NewOn[none](l)
		left := n
		step := func() {
			left--
			if left == 0 {
				_ = done.SetResult(none{})
			}
		}
		var wg sync.WaitGroup
		for range posters {
			wg.Go(func() {
				for range n / posters {
					l.CallSoonThreadsafe(step)
				}
			})
		}
		_, err := done.Future().Await(ctx)
		wg.Wait()
		return err
	}
}

func taskSwitch(tasks int) func(context.Context, int) error {
	return func(ctx context.Context, n int) error {
		all := make([]*loop.Task[none], tasks)
		for i := range all {
			all[i] = loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				for range n / tasks {
					if err := loop.Sleep(ctx, 0); err != nil {
						return none{}, err
					}
				}
				return none{}, nil
			})
		}
		_, err := future.Gather(all...).Await(ctx)
		return err
	}
}

func createTaskGather(ctx context.Context, n int) error {
	empty := func(context.Context) (none, error) { return none{}, nil }
	for range n / 1000 {
		all := make([]*loop.Task[none], 1000)
		for i := range all {
			all[i] = loop.CreateTask(ctx, empty)
		}
		if _, err := future.Gather(all...).Await(ctx); err != nil {
			return err
		}
	}
	return nil
}

// futureAwait: a future made, resolved by a later callback, and awaited.
func futureAwait(ctx context.Context, n int) error {
	l := here(ctx)
	for range n {
		p := future.NewOn[none](l)
		l.CallSoon(func() { _ = p.SetResult(none{}) })
		if _, err := p.Future().Await(ctx); err != nil {
			return err
		}
	}
	return nil
}

func timerScheduleCancel(ctx context.Context, n int) (time.Duration, error) {
	l := here(ctx)
	start := time.Now()
	handles := make([]*loop.TimerHandle, n)
	for i := range handles {
		h, err := l.CallLater(time.Duration(1000+i%97)*time.Second, nothing)
		if err != nil {
			return 0, err
		}
		handles[i] = h
	}
	for _, h := range handles {
		h.Cancel()
	}
	spent := time.Since(start)
	return spent, loop.Sleep(ctx, 0)
}

// timerFire: n timers, all due, from the first CallLater to the last callback.
func timerFire(ctx context.Context, n int) error {
	l := here(ctx)
	done := future.NewOn[none](l)
	left := n
	step := func() {
		left--
		if left == 0 {
			_ = done.SetResult(none{})
		}
	}
	for i := range n {
		if _, err := l.CallLater(time.Duration(i%997)*time.Microsecond, step); err != nil {
			return err
		}
	}
	_, err := done.Future().Await(ctx)
	return err
}

// queuePutGet: one task puts, one gets, with room for a hundred items.
func queuePutGet(ctx context.Context, n int) error {
	q := queue.NewQueue[int](100)
	put := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
		for i := range n {
			if err := q.Put(ctx, i); err != nil {
				return none{}, err
			}
		}
		return none{}, nil
	})
	get := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
		for range n {
			if _, err := q.Get(ctx); err != nil {
				return none{}, err
			}
		}
		return none{}, nil
	})
	_, err := future.Gather(put, get).Await(ctx)
	return err
}

// lockContended: ten tasks, each of which holds the lock over a turn of the loop.
func lockContended(ctx context.Context, n int) error {
	const workers = 10
	var lock syncs.Lock
	all := make([]*loop.Task[none], workers)
	for i := range all {
		all[i] = loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
			for range n / workers {
				err := lock.With(ctx, func() error { return loop.Sleep(ctx, 0) })
				if err != nil {
					return none{}, err
				}
			}
			return none{}, nil
		})
	}
	_, err := future.Gather(all...).Await(ctx)
	return err
}

var idle = executor.Func(func(context.Context) (none, error) { return none{}, nil })

func executorSequential(ctx context.Context, n int) error {
	for range n {
		if _, err := loop.RunInExecutor(ctx, nil, idle).Await(ctx); err != nil {
			return err
		}
	}
	return nil
}

func executorGather(ctx context.Context, n int) error {
	for range n / 1000 {
		all := make([]*future.Future[none], 1000)
		for i := range all {
			all[i] = loop.RunInExecutor(ctx, nil, idle)
		}
		if _, err := future.Gather(all...).Await(ctx); err != nil {
			return err
		}
	}
	return nil
}
