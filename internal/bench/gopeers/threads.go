package main

import (
	"context"
	"errors"
	"sync"

	"github.com/alitto/pond/v2"
	"github.com/gammazero/workerpool"
	"github.com/panjf2000/ants/v2"
	concpool "github.com/sourcegraph/conc/pool"
	"golang.org/x/sync/errgroup"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

const (
	threadWorkers = 2
	threadBurst   = 10_000
)

// A peer does the rows of a pool of two workers: n tasks one after the other, and all
// at once, each time with a result. A nil function means it has no way to do that.
type peer struct {
	name  string
	one   func(n int) error
	burst func(out []int) error
}

func benchThreads(ctx context.Context, opts measure.Options, emit measure.Emitter) error {
	for _, p := range threadPeers() {
		if p.one != nil {
			op := measure.Operation{Name: "thread_submit_await", N: 200_000, Run: measure.Timed(func(_ context.Context, n int) error {
				return p.one(n)
			})}
			if err := measure.Best(ctx, opts, p.name, []measure.Operation{op}, emit); err != nil {
				return err
			}
		}
		bursts := func(_ context.Context, n int) error {
			out := make([]int, min(n, threadBurst))
			for range n / len(out) {
				if err := p.burst(out); err != nil {
					return err
				}
			}
			return nil
		}
		op := measure.Operation{Name: "thread_burst_10k", N: 500_000, Run: measure.Timed(bursts)}
		if err := measure.Best(ctx, opts, p.name, []measure.Operation{op}, emit); err != nil {
			return err
		}
		if err := measure.Bytes(ctx, opts, p.name, "thread_burst_10k_bytes", threadBurst, bursts, emit); err != nil {
			return err
		}
	}
	return nil
}

func work(i int) int { return i * i }

func threadPeers() []peer {
	return []peer{
		{"go", plainOne, plainBurst},
		{"errgroup", errgroupOne, errgroupBurst},
		{"ants", antsOne, antsBurst},
		{"pond", pondOne, pondBurst},
		{"workerpool", workerpoolOne, workerpoolBurst},
		{"conc", nil, concBurst},
	}
}

func plainOne(n int) error {
	for range n {
		c := make(chan int, 1)
		go func() { c <- work(3) }()
		<-c
	}
	return nil
}

func plainBurst(out []int) error {
	var wg sync.WaitGroup
	for i := range out {
		wg.Go(func() { out[i] = work(i) })
	}
	wg.Wait()
	return nil
}

func errgroupOne(n int) error {
	for range n {
		var (
			g   errgroup.Group
			got int
		)
		g.Go(func() error { got = work(3); return nil })
		if err := g.Wait(); err != nil {
			return err
		}
		_ = got
	}
	return nil
}

func errgroupBurst(out []int) error {
	var g errgroup.Group
	g.SetLimit(threadWorkers)
	for i := range out {
		g.Go(func() error { out[i] = work(i); return nil })
	}
	return g.Wait()
}

func antsOne(n int) error {
	p, err := ants.NewPool(threadWorkers)
	if err != nil {
		return err
	}
	defer p.Release()
	for range n {
		c := make(chan int, 1)
		if err := p.Submit(func() { c <- work(3) }); err != nil {
			return err
		}
		<-c
	}
	return nil
}

func antsBurst(out []int) error {
	p, err := ants.NewPool(threadWorkers)
	if err != nil {
		return err
	}
	defer p.Release()
	var wg sync.WaitGroup
	for i := range out {
		wg.Add(1)
		if err := p.Submit(func() { defer wg.Done(); out[i] = work(i) }); err != nil {
			return err
		}
	}
	wg.Wait()
	return nil
}

func pondOne(n int) error {
	p := pond.NewResultPool[int](threadWorkers)
	defer p.StopAndWait()
	for range n {
		if _, err := p.Submit(func() int { return work(3) }).Wait(); err != nil {
			return err
		}
	}
	return nil
}

func pondBurst(out []int) error {
	p := pond.NewResultPool[int](threadWorkers)
	defer p.StopAndWait()
	tasks := make([]pond.ResultTask[int], len(out))
	for i := range tasks {
		tasks[i] = p.Submit(func() int { return work(i) })
	}
	for i, t := range tasks {
		v, err := t.Wait()
		if err != nil {
			return err
		}
		out[i] = v
	}
	return nil
}

func workerpoolOne(n int) error {
	p := workerpool.New(threadWorkers)
	defer p.StopWait()
	got := 0
	for range n {
		p.SubmitWait(func() { got = work(3) })
	}
	if got != 9 {
		return errors.New("the work was not done")
	}
	return nil
}

func workerpoolBurst(out []int) error {
	p := workerpool.New(threadWorkers)
	defer p.StopWait()
	var wg sync.WaitGroup
	for i := range out {
		wg.Add(1)
		p.Submit(func() { defer wg.Done(); out[i] = work(i) })
	}
	wg.Wait()
	return nil
}

func concBurst(out []int) error {
	p := concpool.NewWithResults[int]().WithMaxGoroutines(threadWorkers)
	for i := range out {
		p.Go(func() int { return work(i) })
	}
	copy(out, p.Wait())
	return nil
}
