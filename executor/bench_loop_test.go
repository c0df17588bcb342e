package executor_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// BenchmarkRunInExecutor measures RunInExecutor and Await in a task.
func BenchmarkRunInExecutor(b *testing.B) {
	p := newPool(b, executor.ThreadConfig{Workers: 4})
	_, err := loop.Run(b.Context(), func(ctx context.Context) (executor.None, error) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := loop.RunInExecutor(ctx, p, executor.Func(one)).Await(ctx); err != nil {
				return executor.None{}, err
			}
		}
		return executor.None{}, nil
	})
	require.NoError(b, err)
}

// BenchmarkGather measures a call of a thousand that a task gives to the loop's default
// executor at once.
func BenchmarkGather(b *testing.B) {
	const n = 1000
	_, err := loop.Run(b.Context(), func(ctx context.Context) (executor.None, error) {
		fs := make([]*future.Future[int], n)
		b.ReportAllocs()
		for b.Loop() {
			for i := range fs {
				fs[i] = loop.RunInExecutor(ctx, nil, executor.Func(one))
			}
			if _, err := future.Gather(fs...).Await(ctx); err != nil {
				return executor.None{}, err
			}
		}
		return executor.None{}, nil
	})
	require.NoError(b, err)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/call")
}
