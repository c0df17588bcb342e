package executor_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
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
