//go:build linux

package natsexec_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// cluster is a pool with a server in this process and nodes in processes of their own.
func cluster(b *testing.B, nodes, workers int) *natsexec.Pool {
	b.Helper()
	p := newPool(b, natsexec.Config{Memory: true, Server: natsexec.ServerConfig{Dir: b.TempDir()}})
	for i := range nodes {
		nodeOf(b, p, fmt.Sprint("node ", i), workers)
	}
	for range 100 * nodes { // until they are warm
		result(b, submit(b, p, double.Bind(1)))
	}
	return p
}

// block is how many calls are measured together, in turn with what they are compared with.
const block = 1000

// BenchmarkLatency is one call after the other, from Submit to the result.
func BenchmarkLatency(b *testing.B) {
	p := cluster(b, 1, 1)
	x := newBare(b, p)
	var took, request, queue []time.Duration
	for b.Loop() {
		took = append(took, clock(func() { call(b, p) }))
		if len(took)%100 == 0 {
			for range 100 {
				request = append(request, clock(func() { x.request(b) }))
			}
			for range 100 {
				queue = append(queue, clock(func() { x.queue(b, 1) }))
			}
		}
	}
	b.ReportMetric(0, "ns/op") // that is with the others
	b.ReportMetric(micros(took, 50), "p50-µs")
	b.ReportMetric(micros(took, 99), "p99-µs")
	if len(request) > 0 {
		b.ReportMetric(micros(request, 50), "p50-µs-request")
		b.ReportMetric(micros(queue, 50), "p50-µs-queue")
	}
}

func call(b *testing.B, p *natsexec.Pool) {
	f, err := executor.Submit(b.Context(), p, double.Bind(21))
	if err == nil {
		_, err = f.Await(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
}

func clock(fn func()) time.Duration {
	began := time.Now()
	fn()
	return time.Since(began)
}

// micros returns a percentile.
func micros(took []time.Duration, percent int) float64 {
	slices.Sort(took)
	return float64(took[len(took)*percent/100].Nanoseconds()) / 1000
}

// BenchmarkPipelined is 1000 calls at a time.
func BenchmarkPipelined(b *testing.B) {
	for _, nodes := range []int{1, 2, 3} {
		b.Run(fmt.Sprint("nodes=", nodes), func(b *testing.B) {
			p := cluster(b, nodes, 1)
			x := newBare(b, p)
			fs := make([]*future.Future[int], 0, block)
			var took, queue []time.Duration
			for b.Loop() {
				took = append(took, clock(func() {
					for range block {
						f, err := executor.Submit(b.Context(), p, double.Bind(21))
						if err != nil {
							b.Fatal(err)
						}
						fs = append(fs, f)
					}
					fs = finish(b, fs)
				}))
				queue = append(queue, clock(func() { x.queue(b, block) }))
			}
			b.ReportMetric(0, "ns/op") // that is with the other
			b.ReportMetric(block*1e6/micros(took, 50), "calls/s")
			b.ReportMetric(block*1e6/micros(queue, 50), "calls/s-queue")
		})
	}
}

func finish(b *testing.B, fs []*future.Future[int]) []*future.Future[int] {
	b.Helper()
	for _, f := range fs {
		if _, err := f.Await(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	return fs[:0]
}

// BenchmarkMap sends chunks of elements as one message.
func BenchmarkMap(b *testing.B) {
	for _, chunk := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint("chunk=", chunk), func(b *testing.B) {
			p := cluster(b, 1, 2)
			b.ResetTimer()
			n := 0
			in := func(yield func(int) bool) {
				for i := range b.N {
					if !yield(i) {
						return
					}
				}
			}
			for _, err := range executor.Map(b.Context(), p, double.Bind, in, executor.MapOptions{Chunk: chunk, Window: 16 * chunk, Unordered: true}) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			require.Equal(b, b.N, n)
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "items/s")
		})
	}
}

// BenchmarkDetection is from the death of a node to the failure of its call.
func BenchmarkDetection(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		p := newPool(b, natsexec.Config{Server: natsexec.ServerConfig{Dir: b.TempDir()}})
		one := nodeOf(b, p, "one", 1)
		g := newGate(b)
		f := submit(b, p, hold.Bind(g))
		g.await(b, "entered", 1)
		b.StartTimer()
		one.Kill()
		_, err := outcome(b, f)
		require.Error(b, err)
	}
}
