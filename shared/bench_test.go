package shared_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func BenchmarkMutex(b *testing.B) {
	m, err := shared.NewMutex()
	require.NoError(b, err)
	defer m.Close()
	ctx := b.Context()
	b.Run("free", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = m.Lock(ctx)
			_ = m.Unlock()
		}
	})
	b.Run("contended", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_ = m.Lock(ctx)
				_ = m.Unlock()
			}
		})
	})
	// With work under the lock, and more of it without: a waiter that stays away for long
	// then lets a free lock wait.
	b.Run("contended=now-and-then", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_ = m.Lock(ctx)
				turns(100)
				_ = m.Unlock()
				turns(1000)
			}
		})
	})
}

func turns(n int) {
	for range n {
	}
}

func BenchmarkValue(b *testing.B) {
	v, err := shared.NewValue(0.0)
	require.NoError(b, err)
	defer v.Close()
	w, err := shared.NewValue(point{})
	require.NoError(b, err)
	defer w.Close()
	bench := func(name string, fn func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				fn()
			}
		})
	}
	bench("Load", func() { v.Load() })
	bench("Store", func() { v.Store(1) })
	bench("Add", func() { v.Add(1) })
	bench("Update", func() { _, _ = v.Update(func(v float64) float64 { return v + 1 }) })
	bench("wide/Load", func() { w.Load() })
	bench("wide/Store", func() { w.Store(point{1, 2, 3}) })
	bench("wide/Update", func() { _, _ = w.Update(func(p point) point { p.X++; return p }) })
}

func BenchmarkArray(b *testing.B) {
	for _, size := range []int{1 << 10, 16 << 20} {
		b.Run(map[bool]string{true: "make/1KiB", false: "make/16MiB"}[size == 1<<10], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				a, err := shared.NewArray[byte](size)
				if err != nil {
					b.Fatal(err)
				}
				_ = a.Close()
			}
		})
	}
}

var benchAdder = helper("bench adder", func(c *child) {
	var v shared.Value[float64]
	c.decode(&v)
	c.say("ready")
	for {
		times, err := strconv.Atoi(c.hear())
		must(err)
		for range times {
			_, err := v.Update(func(v float64) float64 { return v + 1 })
			must(err)
		}
		c.say("done")
	}
})

// The row shared_value_locked_add of the Python baseline: time for one addition
// when four processes add at once.
func BenchmarkLockedAdd(b *testing.B) {
	const processes = 4
	v, err := shared.NewValue(0.0)
	require.NoError(b, err)
	defer v.Close()
	var ps []*process
	for range processes {
		p := start(b, benchAdder, nil, v)
		p.expect("ready")
		ps = append(ps, p)
	}
	b.ResetTimer()
	for _, p := range ps {
		p.tell(strconv.Itoa(b.N/processes + 1))
	}
	for _, p := range ps {
		p.expect("done")
	}
	b.StopTimer()
	require.EqualValues(b, processes*(b.N/processes+1), v.Load())
}

func BenchmarkSignals(b *testing.B) {
	bench := func(name string, fn func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				fn()
			}
		})
	}
	ctx := b.Context()
	s, bounded, e := newSemaphore(b, 1), newBounded(b, 4), newEvent(b)
	bench("Semaphore", func() { _, _ = s.Acquire(ctx), s.Release() })
	bench("BoundedSemaphore", func() { _, _ = bounded.Acquire(ctx), bounded.Release() })
	bench("Event", func() { e.Set(); _ = e.Wait(ctx); e.Clear() })
	barrier := newBarrier(b, 1)
	bench("Barrier", func() { _, _ = barrier.Wait(ctx) })
}

func BenchmarkQueue(b *testing.B) {
	ctx := b.Context()
	fixed := newQueue[int](b, shared.QueueConfig{Items: 10})
	b.Run("int", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = fixed.Put(ctx, 1)
			_, _ = fixed.Get(ctx)
		}
	})
	text := newQueue[[]byte](b, shared.QueueConfig{Bytes: 4 << 20})
	megabyte := make([]byte, 1<<20)
	b.Run("1MiB", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(1 << 20)
		for b.Loop() {
			_ = text.Put(ctx, megabyte)
			_, _ = text.Get(ctx)
		}
	})
	boxed := newQueue[map[string]int](b, shared.QueueConfig{})
	b.Run("map", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = boxed.Put(ctx, map[string]int{"a": 1})
			_, _ = boxed.Get(ctx)
		}
	})
}

var benchEcho = helper("bench echo", func(c *child) {
	var in, out shared.Queue[int]
	c.decode(&in, &out)
	c.say("ready")
	for {
		n, err := in.Get(context.Background())
		must(err)
		must(out.Put(context.Background(), n))
	}
})

// One item to another process and back.
func BenchmarkQueueRoundTrip(b *testing.B) {
	in, out := newQueue[int](b, shared.QueueConfig{Items: 10}), newQueue[int](b, shared.QueueConfig{Items: 10})
	start(b, benchEcho, nil, in, out).expect("ready")
	ctx := b.Context()
	for b.Loop() {
		_ = in.Put(ctx, 1)
		_, _ = out.Get(ctx)
	}
}
