package queue_test

import (
	"context"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
)

// BenchmarkPutGet is the row queue_put_get: one task puts, one gets, with room for
// a hundred items.
func BenchmarkPutGet(b *testing.B) {
	b.ReportAllocs()
	q := queue.NewQueue[int](100)
	_, err := loop.Run(b.Context(), func(ctx context.Context) (struct{}, error) {
		put := loop.CreateTask(ctx, func(ctx context.Context) (struct{}, error) {
			for i := range b.N {
				if err := q.Put(ctx, i); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		})
		get := loop.CreateTask(ctx, func(ctx context.Context) (struct{}, error) {
			for range b.N {
				if _, err := q.Get(ctx); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		})
		b.ResetTimer()
		_, err := future.Gather(put, get).Await(ctx)
		return struct{}{}, err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPutGetGoroutines is a channel's job: goroutines on both sides.
func BenchmarkPutGetGoroutines(b *testing.B) {
	b.ReportAllocs()
	q := queue.NewQueue[int](100)
	go func() {
		for i := range b.N {
			_ = q.Put(context.Background(), i)
		}
	}()
	b.ResetTimer()
	for range b.N {
		_, _ = q.Get(context.Background())
	}
}

func BenchmarkPutGetPriority(b *testing.B) {
	b.ReportAllocs()
	q := queue.NewPriorityQueue[int](0)
	for i := range 1000 {
		_ = q.PutNowait(i * 7919 % 1000)
	}
	for i := 0; b.Loop(); i++ {
		_ = q.PutNowait(i * 7919 % 1000)
		_, _ = q.GetNowait()
	}
}
