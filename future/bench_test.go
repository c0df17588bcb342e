package future_test

import (
	"context"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// BenchmarkSettleAndAwait compares a future that is settled before any wait
// with a channel used in the same way.
func BenchmarkSettleAndAwait(b *testing.B) {
	b.Run("future", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p := future.New[int]()
			_ = p.SetResult(1)
			_, _ = p.Future().Await(context.Background())
		}
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ch := make(chan int, 1)
			ch <- 1
			<-ch
		}
	})
}

// BenchmarkHandOff has another goroutine settle what this one waits for.
func BenchmarkHandOff(b *testing.B) {
	b.Run("future", func(b *testing.B) {
		b.ReportAllocs()
		work := make(chan *future.Promise[int])
		go func() {
			for p := range work {
				_ = p.SetResult(1)
			}
		}()
		for b.Loop() {
			p := future.New[int]()
			work <- p
			_, _ = p.Future().Await(context.Background())
		}
		close(work)
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		work := make(chan chan int)
		go func() {
			for ch := range work {
				ch <- 1
			}
		}()
		for b.Loop() {
			ch := make(chan int, 1)
			work <- ch
			<-ch
		}
		close(work)
	})
}

// BenchmarkCallback adds one callback and settles.
func BenchmarkCallback(b *testing.B) {
	b.ReportAllocs()
	n := 0
	fn := func() { n++ }
	for b.Loop() {
		p := future.New[int]()
		p.Future().OnDone(fn)
		_ = p.SetResult(1)
	}
}

// BenchmarkParallelAwait has many goroutines look at one done future.
func BenchmarkParallelAwait(b *testing.B) {
	f := future.Resolved(1)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = f.Await(context.Background())
		}
	})
}
