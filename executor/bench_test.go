package executor_test

import (
	"context"
	"testing"

	"github.com/sourcegraph/conc/pool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

func one(context.Context) (int, error) { return 1, nil }

// BenchmarkRoundTrip measures one call after the other, from handing it over to
// having its result.
func BenchmarkRoundTrip(b *testing.B) {
	ctx := b.Context()
	b.Run("via=thread-pool", func(b *testing.B) {
		p := newPool(b, executor.ThreadConfig{Workers: 4})
		b.ReportAllocs()
		for b.Loop() {
			f, err := executor.Submit(ctx, p, executor.Func(one))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := f.Await(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("via=goroutine-and-channel", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			result := make(chan int, 1)
			go func() {
				v, _ := one(ctx)
				result <- v
			}()
			<-result
		}
	})
	b.Run("via=errgroup", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var g errgroup.Group
			g.Go(func() error { _, err := one(ctx); return err })
			if err := g.Wait(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("via=conc", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p := pool.NewWithResults[int]()
			p.Go(func() int { v, _ := one(ctx); return v })
			p.Wait()
		}
	})
}

// BenchmarkPipelined measures a call of a thousand that are submitted at once.
func BenchmarkPipelined(b *testing.B) {
	const n = 1000
	ctx := b.Context()
	b.Run("via=thread-pool", func(b *testing.B) {
		p := newPool(b, executor.ThreadConfig{Workers: 4})
		fs := make([]*future.Future[int], n)
		b.ReportAllocs()
		for b.Loop() {
			for i := range fs {
				fs[i], _ = executor.Submit(ctx, p, executor.Func(one))
			}
			for _, f := range fs {
				_, _ = f.Await(ctx)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/call")
	})
	b.Run("via=conc", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p := pool.NewWithResults[int]().WithMaxGoroutines(4)
			for range n {
				p.Go(func() int { v, _ := one(ctx); return v })
			}
			p.Wait()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/call")
	})
}

func newPool(tb testing.TB, cfg executor.ThreadConfig) *executor.ThreadPool {
	tb.Helper()
	p, err := executor.NewThreadPool(cfg)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, p.Shutdown(context.Background())) })
	return p
}
