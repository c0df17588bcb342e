package syncs_test

import (
	"context"
	"sync"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

func BenchmarkLockFree(b *testing.B) {
	b.ReportAllocs()
	var lock syncs.Lock
	for b.Loop() {
		_ = lock.Acquire(b.Context())
		_ = lock.Release()
	}
}

func BenchmarkLockFreeMutex(b *testing.B) {
	b.ReportAllocs()
	var mu sync.Mutex
	for b.Loop() {
		mu.Lock()
		mu.Unlock() //nolint:staticcheck // nothing is what it guards
	}
}

// BenchmarkLockContended is the row lock_contended: ten tasks, each of which holds
// the lock over a turn of the loop.
func BenchmarkLockContended(b *testing.B) {
	b.ReportAllocs()
	const workers = 10
	var lock syncs.Lock
	_, err := loop.Run(b.Context(), func(ctx context.Context) (none, error) {
		tasks := make([]*loop.Task[none], workers)
		for i := range tasks {
			tasks[i] = loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				for range b.N/workers + 1 {
					err := lock.With(ctx, func() error { return loop.Sleep(ctx, 0) })
					if err != nil {
						return none{}, err
					}
				}
				return none{}, nil
			})
		}
		b.ResetTimer()
		_, err := future.Gather(tasks...).Await(ctx)
		return none{}, err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLockGoroutines is contention among plain goroutines alone.
func BenchmarkLockGoroutines(b *testing.B) {
	b.ReportAllocs()
	var lock syncs.Lock
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_ = lock.Acquire(context.Background())
			_ = lock.Release()
		}
	})
}

func BenchmarkEventWaitSet(b *testing.B) {
	b.ReportAllocs()
	var event syncs.Event
	event.Set()
	for b.Loop() {
		_ = event.Wait(b.Context())
	}
}

func BenchmarkSemaphoreFree(b *testing.B) {
	b.ReportAllocs()
	sem := syncs.NewSemaphore(4)
	for b.Loop() {
		_ = sem.Acquire(b.Context())
		_ = sem.Release()
	}
}
