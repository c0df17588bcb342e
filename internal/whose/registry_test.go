package whose

import (
	"context"
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
