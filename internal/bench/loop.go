package main

import (
	"context"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

type none = executor.None

func benchLoop(ctx context.Context, opts measure.Options, emit measure.Emitter) error {
	_, err := loop.Run(ctx, func(ctx context.Context) (none, error) {
		if err := measure.Best(ctx, opts, us, loopRows, emit); err != nil {
			return none{}, err
		}
		return none{}, benchSleepers(ctx, opts, emit)
	})
	return err
}

var loopRows = []measure.Operation{
	{Name: "call_soon_chain", N: 200_000, Run: measure.Timed(callSoonChain)},
	{Name: "call_soon_bulk", N: 200_000, Run: measure.Timed(callSoonBulk)},
	{Name: "call_soon_threadsafe_1", N: 100_000, Run: measure.Timed(callSoonThreadsafe(1))},
	{Name: "call_soon_threadsafe_4", N: 100_000, Run: measure.Timed(callSoonThreadsafe(4))},
	{Name: "task_switch_1", N: 100_000, Run: measure.Timed(taskSwitch(1))},
	{Name: "task_switch_100", N: 200_000, Run: measure.Timed(taskSwitch(100))},
	{Name: "create_task_gather", N: 100_000, Run: measure.Timed(createTaskGather)},
	{Name: "future_await", N: 100_000, Run: measure.Timed(futureAwait)},
	{Name: "timer_schedule_cancel", N: 100_000, Run: timerScheduleCancel},
	{Name: "timer_fire", N: 100_000, Run: measure.Timed(timerFire)},
	{Name: "timers_1k", N: 100_000, Run: timers(1_000)},
	{Name: "timers_100k", N: 100_000, Run: timers(100_000)},
	{Name: "timers_1M", N: 100_000, Run: timers(1_000_000)},
	{Name: "queue_put_get", N: 100_000, Run: measure.Timed(queuePutGet)},
	{Name: "lock_contended", N: 100_000, Run: measure.Timed(lockContended)},
	{Name: "executor_sequential", N: 5_000, Run: measure.Timed(executorSequential)},
	{Name: "executor_gather", N: 20_000, Run: measure.Timed(executorGather)},
	{Name: "stream_echo_1", N: 20_000, Run: measure.Timed(streamEcho(1))},
	{Name: "stream_echo_16", N: 20_000, Run: measure.Timed(streamEcho(16))},
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
// It must not be inlined: the copies of its closures would then not have the call inlined, and pay
// for a handle that they drop.
//
//go:noinline
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
		if err := offloadAll(ctx, 1000); err != nil {
			return err
		}
	}
	return nil
}

// offloadAll gives the default executor n functions and awaits them.
func offloadAll(ctx context.Context, n int) error {
	all := make([]*future.Future[none], n)
	for i := range all {
		all[i] = loop.RunInExecutor(ctx, nil, idle)
	}
	_, err := future.Gather(all...).Await(ctx)
	return err
}
