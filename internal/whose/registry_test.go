package whose

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

type provider int

func (provider) CurrentHost() Host { return nil }

func TestRegistryFindsWhatWasPutThere(t *testing.T) {
	var r registry
	for id := range int64(3 * registryParts) {
		r.store(id, provider(id))
	}
	for id := range int64(3 * registryParts) {
		p, ok := r.load(id)
		require.True(t, ok)
		require.Equal(t, provider(id), p)
	}
	for id := range int64(2 * registryParts) {
		r.delete(id)
		r.delete(id) // twice is once
	}
	for id := range int64(3 * registryParts) {
		_, ok := r.load(id)
		require.Equal(t, id >= 2*registryParts, ok, "goroutine %d", id)
	}
}

func TestRegistryOfNothingHoldsNoMemory(t *testing.T) {
	var r registry
	for id := range int64(10_000) {
		r.store(id, provider(id))
	}
	for id := range int64(10_000) {
		r.delete(id)
	}
	for i := range r {
		require.Nil(t, r[i].of, "part %d still has its map", i)
	}
}

func TestRegistryIsSafeFromManyGoroutines(t *testing.T) {
	var r registry
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			id := ID()
			for range 100 {
				if _, ok := r.load(id); ok {
					t.Error("an id was found that was not put there")
				}
				r.store(id, provider(id))
				if p, ok := r.load(id); !ok || p != provider(id) {
					t.Errorf("goroutine %d found %v", id, p)
				}
				r.delete(id)
			}
		})
	}
	all.Wait()
}

// BenchmarkStranger is what every wait of a goroutine asks that no loop owns.
func BenchmarkStranger(b *testing.B) {
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if Current(ctx) != nil {
			b.Fatal("a goroutine of no loop has a host")
		}
	}
}

func TestRegistryOfFewHoldsLittleMemoryWhateverItHeld(t *testing.T) {
	var r registry
	const many, few = 300_000, 4 * registryParts
	for id := range int64(many) {
		r.store(id, provider(0))
	}
	full := heapInUse()
	for id := range int64(many - few) {
		r.delete(id)
	}
	require.Less(t, heapInUse()+5<<20, full, "most of ten megabytes is given back")
	for id := range int64(many) {
		_, ok := r.load(id)
		require.Equal(t, id >= many-few, ok)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
