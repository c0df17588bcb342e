//go:build linux

package shared_test

import (
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
		defer p.kill()
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
