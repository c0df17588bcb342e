package main

import (
	"context"
	"sync"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja_nodejs/eventloop"
	"golang.org/x/sync/errgroup"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// benchLoop measures goja_nodejs's event loop, driven from Go and not from JavaScript,
// where a row has an equivalent; and errgroup for what starts many things at once.
func benchLoop(ctx context.Context, opts measure.Options, emit measure.Emitter) error {
	l := eventloop.NewEventLoop(eventloop.EnableConsole(false))
	l.Start()
	defer l.StopNoWait()
	on := func(fn func(*eventloop.EventLoop, int)) func(context.Context, int) (time.Duration, error) {
		return measure.Timed(func(_ context.Context, n int) error { fn(l, n); return nil })
	}
	if err := measure.Best(ctx, opts, "goja", []measure.Operation{
		{Name: "call_soon_chain", N: 200_000, Run: on(chain)},
		{Name: "call_soon_bulk", N: 200_000, Run: on(bulk)},
		{Name: "call_soon_threadsafe_1", N: 100_000, Run: on(threadsafe(1))},
		{Name: "call_soon_threadsafe_4", N: 100_000, Run: on(threadsafe(4))},
		{Name: "timer_schedule_cancel", N: 100_000, Run: on(timersCanceled)},
		{Name: "timer_fire", N: 100_000, Run: on(timersFired)},
	}, emit); err != nil {
		return err
	}
	return measure.Best(ctx, opts, "errgroup", []measure.Operation{
		{Name: "create_task_gather", N: 100_000, Run: measure.Timed(group)},
		{Name: "executor_gather", N: 20_000, Run: measure.Timed(group)},
	}, emit)
}

func chain(l *eventloop.EventLoop, n int) {
	done := make(chan struct{})
	var step func(*goja.Runtime)
	step = func(*goja.Runtime) {
		n--
		if n == 0 {
			close(done)
			return
		}
		l.RunOnLoop(step)
	}
	l.RunOnLoop(step)
	<-done
}

func bulk(l *eventloop.EventLoop, n int) {
	done := make(chan struct{})
	l.RunOnLoop(func(*goja.Runtime) {
		for range n - 1 {
			l.RunOnLoop(func(*goja.Runtime) {})
		}
		l.RunOnLoop(func(*goja.Runtime) { close(done) })
	})
	<-done
}

func threadsafe(posters int) func(*eventloop.EventLoop, int) {
	return func(l *eventloop.EventLoop, n int) {
		done := make(chan struct{})
		left := n
		step := func(*goja.Runtime) {
			if left--; left == 0 {
				close(done)
			}
		}
		var wg sync.WaitGroup
		for range posters {
			wg.Go(func() {
				for range n / posters {
					l.RunOnLoop(step)
				}
			})
		}
		<-done
		wg.Wait()
	}
}

func timersCanceled(l *eventloop.EventLoop, n int) {
	done := make(chan struct{})
	l.RunOnLoop(func(*goja.Runtime) {
		timers := make([]*eventloop.Timer, n)
		for i := range timers {
			timers[i] = l.SetTimeout(func(*goja.Runtime) {}, time.Duration(1000+i%97)*time.Second)
		}
		for _, t := range timers {
			l.ClearTimeout(t)
		}
		close(done)
	})
	<-done
}

func timersFired(l *eventloop.EventLoop, n int) {
	done := make(chan struct{})
	left := n
	step := func(*goja.Runtime) {
		if left--; left == 0 {
			close(done)
		}
	}
	l.RunOnLoop(func(*goja.Runtime) {
		for i := range n {
			l.SetTimeout(step, time.Duration(i%997)*time.Microsecond)
		}
	})
	<-done
}

func group(_ context.Context, n int) error {
	for range n / 1000 {
		var g errgroup.Group
		for range 1000 {
			g.Go(func() error { return nil })
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}
