package shared_test

import (
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
