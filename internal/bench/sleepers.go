package main

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// The rows of a million tasks that all sleep. They are measured together, once and
// after all others: a process that has had a million goroutines remembers them, and
// its garbage collector is slower from then on.
const (
	sleepersRow       = "sleeping_tasks_1M"
	sleepersMemoryRow = "sleeping_tasks_1M_memory"
	sleepersTurnRow   = "sleeping_tasks_1M_turn"
)

var sleepersRows = []string{sleepersRow, sleepersMemoryRow, sleepersTurnRow}

// sleepersBatch is how many tasks are made, or canceled, before others get a turn.
const sleepersBatch = 100

func benchSleepers(ctx context.Context, opts measure.Options, emit measure.Emitter) error {
	if !slices.ContainsFunc(sleepersRows, opts.Wants) {
		return nil
	}
	n := opts.Scaled(1_000_000)
	p := startPulse(here(ctx))
	empty, err := loop.ToThread(ctx, inUseOnThread).Await(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	all, err := startSleepers(ctx, n)
	if err != nil {
		return err
	}
	spent := time.Since(start)
	full, err := loop.ToThread(ctx, inUseOnThread).Await(ctx)
	if err != nil {
		return err
	}
	start = time.Now()
	if err := endSleepers(ctx, all); err != nil {
		return err
	}
	spent += time.Since(start)
	turn := p.stop()
	for _, r := range []measure.Row{
		{Row: sleepersRow, NsPerOp: float64(spent.Nanoseconds()) / float64(n), N: n},
		{Row: sleepersMemoryRow, Value: float64(full-empty) / float64(n), Unit: "B"},
		{Row: sleepersTurnRow, Value: milliseconds(turn), Unit: "ms"},
	} {
		if r.Peer = us; opts.Wants(r.Row) {
			emit(r)
		}
	}
	return nil
}

func startSleepers(ctx context.Context, n int) ([]*loop.Task[none], error) {
	all := make([]*loop.Task[none], 0, n)
	for len(all) < n {
		all = append(all, loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
			return none{}, loop.Sleep(ctx, time.Hour)
		}))
		if len(all)%sleepersBatch == 0 {
			if err := loop.Sleep(ctx, 0); err != nil {
				return nil, err
			}
		}
	}
	return all, loop.Sleep(ctx, 0)
}

func endSleepers(ctx context.Context, all []*loop.Task[none]) error {
	for batch := range slices.Chunk(all, sleepersBatch) {
		for _, t := range batch {
			t.Cancel()
		}
		for _, t := range batch {
			if _, err := t.Await(ctx); !t.Canceled() {
				return err
			}
		}
	}
	return nil
}

// inUse returns the bytes of heap and stacks. It waits for the collector.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

func inUseOnThread(context.Context) (uint64, error) { return inUse(), nil }

// A pulse is a timer that fires all the time, and knows by how much it was late at
// worst: nothing else on the loop had a turn for so long.
type pulse struct {
	l     *loop.Loop
	due   time.Time
	worst time.Duration
	timer *loop.TimerHandle
}

const pulseEvery = time.Millisecond

func startPulse(l *loop.Loop) *pulse {
	p := &pulse{l: l}
	p.restart()
	return p
}

func (p *pulse) restart() {
	if p.timer != nil {
		p.timer.Cancel()
	}
	p.due = time.Now().Add(pulseEvery)
	p.timer, _ = p.l.CallLater(pulseEvery, p.beat)
}

func (p *pulse) beat() {
	p.worst = max(p.worst, time.Since(p.due))
	p.restart()
}

func (p *pulse) stop() time.Duration {
	p.timer.Cancel()
	return p.worst
}
