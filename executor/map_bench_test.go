package executor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// What an element of Map costs: alone, as a job of goroutines, and in chunks that
// travel to a worker process.
func BenchmarkMap(b *testing.B) {
	threads, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 2})
	require.NoError(b, err)
	defer func() { require.NoError(b, threads.Shutdown(b.Context())) }()
	processes := newProcessPool(b, executor.ProcessConfig{Workers: 2})
	require.NoError(b, processes.Ready(b.Context()))
	for _, bench := range []struct {
		name string
		on   executor.Executor
		opts executor.MapOptions
	}{
		{"goroutines", threads, executor.MapOptions{}},
		{"goroutines/unordered", threads, executor.MapOptions{Unordered: true}},
		{"processes/chunks of 100", processes, executor.MapOptions{Chunk: 100}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for v, err := range executor.Map(b.Context(), bench.on, twofold.Bind, numbers(b.N), bench.opts) {
				if err != nil || v < 0 {
					b.Fatal(v, err)
				}
				n++
			}
			require.Equal(b, b.N, n)
		})
	}
}
