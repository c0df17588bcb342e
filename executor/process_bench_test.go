package executor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// warmPool returns a pool whose four workers run already.
func warmPool(b *testing.B) *executor.ProcessPool {
	p := newProcessPool(b, executor.ProcessConfig{Workers: 4})
	var futures []*future.Future[executor.None]
	for range 8 {
		futures = append(futures, submit(b, p, nap.Bind(50*time.Millisecond)))
	}
	for _, f := range futures {
		_, err := f.Await(b.Context())
		require.NoError(b, err)
	}
	return p
}

// The rows of internal/bench, as benchmarks.

func BenchmarkProcessSequential(b *testing.B) {
	p := warmPool(b)
	b.ReportAllocs()
	for b.Loop() {
		f, err := executor.Submit(b.Context(), p, double.Bind(1))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Await(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProcessPipelined(b *testing.B) {
	p := warmPool(b)
	b.ReportAllocs()
	const burst = 10000
	futures := make([]*future.Future[int], 0, burst)
	calls := 0
	begin := time.Now()
	for b.Loop() {
		futures = futures[:0]
		for i := range burst {
			f, err := executor.Submit(b.Context(), p, double.Bind(i))
			if err != nil {
				b.Fatal(err)
			}
			futures = append(futures, f)
		}
		for _, f := range futures {
			if _, err := f.Await(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		calls += burst
	}
	b.ReportMetric(float64(calls)/time.Since(begin).Seconds(), "calls/s")
}

func BenchmarkProcessArgument16MiB(b *testing.B) {
	p := warmPool(b)
	arg := make([]byte, 16<<20)
	b.SetBytes(int64(len(arg)))
	for b.Loop() {
		f, err := executor.Submit(b.Context(), p, size.Bind(arg))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Await(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProcessResult16MiB(b *testing.B) {
	p := warmPool(b)
	b.SetBytes(16 << 20)
	for b.Loop() {
		f, err := executor.Submit(b.Context(), p, blob.Bind(16<<20))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Await(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProcessStart(b *testing.B) {
	for b.Loop() {
		p, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 4})
		if err != nil {
			b.Fatal(err)
		}
		f, err := executor.Submit(b.Context(), p, double.Bind(1))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Await(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		_ = p.Shutdown(context.Background())
		b.StartTimer()
	}
}

func BenchmarkProcessRecovery(b *testing.B) {
	p := warmPool(b)
	for b.Loop() {
		f, err := executor.Submit(b.Context(), p, pid.Bind())
		if err != nil {
			b.Fatal(err)
		}
		victim, err := f.Await(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		_ = killProcess(victim)
		for {
			f, err := executor.Submit(b.Context(), p, double.Bind(1))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := f.Await(b.Context()); err == nil {
				break
			}
		}
	}
}

// Ten in a hundred calls sleep ten times as long; the metric is the time over the
// ideal.
func BenchmarkProcessMakespan(b *testing.B) {
	p := warmPool(b)
	var naps []time.Duration
	var ideal time.Duration
	for i := range 400 {
		d := time.Millisecond
		if i%10 == 0 {
			d *= 10
		}
		naps = append(naps, d)
		ideal += d
	}
	ideal /= 4
	var spent time.Duration
	n := 0
	for b.Loop() {
		begin := time.Now()
		var futures []*future.Future[executor.None]
		for _, d := range naps {
			futures = append(futures, submit(b, p, nap.Bind(d)))
		}
		for _, f := range futures {
			_, _ = f.Await(b.Context())
		}
		spent += time.Since(begin)
		n++
	}
	b.ReportMetric(spent.Seconds()/float64(n)/ideal.Seconds(), "of-ideal")
}
