package promexec_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/promexec"
)

// numbers is a pool with the statistics that a test needs.
type numbers struct{ s executor.Stats }

func (p *numbers) Stats() executor.Stats { return p.s }

func threads(t *testing.T, name string) *executor.ThreadPool {
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Name: name, Workers: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Shutdown(context.WithoutCancel(t.Context()))) })
	return pool
}

func one(context.Context) (int, error) { return 1, nil }

func TestTheSeriesOfAPool(t *testing.T) {
	pool := threads(t, "images")
	for range 3 {
		_, err := executor.Run(t.Context(), pool, executor.Func(one))
		require.NoError(t, err)
	}
	_, err := executor.Run(t.Context(), pool, executor.Func(func(context.Context) (int, error) { return 0, errors.New("no") }))
	require.Error(t, err)
	require.NoError(t, testutil.CollectAndCompare(promexec.New(pool), strings.NewReader(`
# HELP asyncgo_pool_jobs_total Jobs that ended.
# TYPE asyncgo_pool_jobs_total counter
asyncgo_pool_jobs_total{outcome="canceled",pool="images"} 0
asyncgo_pool_jobs_total{outcome="completed",pool="images"} 3
asyncgo_pool_jobs_total{outcome="failed",pool="images"} 1
# HELP asyncgo_pool_max_workers The limit of workers.
# TYPE asyncgo_pool_max_workers gauge
asyncgo_pool_max_workers{pool="images"} 2
# HELP asyncgo_pool_queued_jobs Jobs that were accepted and have not begun.
# TYPE asyncgo_pool_queued_jobs gauge
asyncgo_pool_queued_jobs{pool="images"} 0
`), "asyncgo_pool_jobs_total", "asyncgo_pool_max_workers", "asyncgo_pool_queued_jobs"))
	problems, err := testutil.CollectAndLint(promexec.New(pool))
	require.NoError(t, err)
	require.Empty(t, problems)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(promexec.New(pool))
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, families, 9)
}

// histogramOf returns a histogram as Prometheus gets it.
func histogramOf(t *testing.T, c prometheus.Collector, name string) *dto.Histogram {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			require.Len(t, f.GetMetric(), 1)
			return f.GetMetric()[0].GetHistogram()
		}
	}
	require.Fail(t, "there is no "+name)
	return nil
}

// buckets returns what is in the buckets of h, by their upper limits in seconds.
func buckets(h *dto.Histogram) map[float64]int64 {
	in, n, index := map[float64]int64{}, int64(0), 0
	deltas := h.GetPositiveDelta()
	for i, span := range h.GetPositiveSpan() {
		index += int(span.GetOffset())
		if i == 0 {
			index = int(span.GetOffset())
		}
		for range span.GetLength() {
			n, deltas = n+deltas[0], deltas[1:]
			if n != 0 {
				in[math.Ldexp(1, index)] = n
			}
			index++
		}
	}
	return in
}

func TestHistogramsAreNative(t *testing.T) {
	p := &numbers{executor.Stats{Name: "p"}}
	p.s.Ran.Buckets[0] = 5  // no time at all
	p.s.Ran.Buckets[30] = 2 // half a second to 1.07
	p.s.Ran.Buckets[31] = 1 // up to 2.1 s
	p.s.Ran.Buckets[20] = 7 // a millisecond
	p.s.Ran.Sum = 3 * time.Second
	h := histogramOf(t, promexec.New(p), "asyncgo_pool_run_seconds")
	require.EqualValues(t, 15, h.GetSampleCount())
	require.InDelta(t, 3, h.GetSampleSum(), 1e-9)
	require.EqualValues(t, 5, h.GetZeroCount())
	require.Zero(t, h.GetSchema())
	require.Equal(t, map[float64]int64{1: 2, 2: 1, math.Ldexp(1, -10): 7}, buckets(h))
}

func TestPoolsComeAndGo(t *testing.T) {
	var c promexec.Collector
	require.Equal(t, 0, testutil.CollectAndCount(&c))
	a := &numbers{executor.Stats{Name: "p", Workers: 1, Completed: 2}}
	b := &numbers{executor.Stats{Name: "p", Workers: 3, Completed: 5}}
	a.s.Ran.Buckets[30], b.s.Ran.Buckets[30] = 1, 2
	c.Add(a)
	c.Add(b)
	const workers = "# HELP asyncgo_pool_workers Workers that exist.\n# TYPE asyncgo_pool_workers gauge\nasyncgo_pool_workers{pool=\"p\"} "
	require.NoError(t, testutil.CollectAndCompare(&c, strings.NewReader(workers+"4\n"), "asyncgo_pool_workers"))
	require.Equal(t, map[float64]int64{1: 3}, buckets(histogramOf(t, &c, "asyncgo_pool_run_seconds")))
	require.True(t, c.Remove(b))
	require.False(t, c.Remove(b), "twice")
	require.NoError(t, testutil.CollectAndCompare(&c, strings.NewReader(workers+"1\n"), "asyncgo_pool_workers"))
}
