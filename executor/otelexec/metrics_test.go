package otelexec_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/otelexec"
)

// numbers is a pool with the statistics that a test needs.
type numbers struct{ s executor.Stats }

func (p *numbers) Stats() executor.Stats { return p.s }

// collect returns the metrics that a reader of the SDK gets, by their names.
func collect(t *testing.T, p *otelexec.Producer) map[string]metricdata.Metrics {
	t.Helper()
	reader := metric.NewManualReader(metric.WithProducer(p))
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	require.NoError(t, provider.Shutdown(t.Context()))
	found := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		require.Equal(t, otelexec.Scope, scope.Scope.Name)
		for _, m := range scope.Metrics {
			found[m.Name] = m
		}
	}
	return found
}

// valueOf returns the one value of a sum that has the attribute.
func valueOf(t *testing.T, m metricdata.Metrics, with ...attribute.KeyValue) int64 {
	t.Helper()
	sum, ok := m.Data.(metricdata.Sum[int64])
	require.True(t, ok, "%s", m.Name)
	require.Equal(t, metricdata.CumulativeTemporality, sum.Temporality)
	want := attribute.NewSet(with...)
	for _, point := range sum.DataPoints {
		if point.Attributes.Equals(&want) {
			require.False(t, point.StartTime.After(point.Time))
			return point.Value
		}
	}
	require.Fail(t, "there is no such point of "+m.Name)
	return 0
}

func TestTheMetricsOfAPool(t *testing.T) {
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Name: "images", Workers: 2})
	require.NoError(t, err)
	defer func() { require.NoError(t, pool.Shutdown(t.Context())) }()
	for range 3 {
		_, err := executor.Run(t.Context(), pool, executor.Func(func(context.Context) (int, error) { return 1, nil }))
		require.NoError(t, err)
	}
	_, err = executor.Run(t.Context(), pool, executor.Func(func(context.Context) (int, error) { return 0, errors.New("no") }))
	require.Error(t, err)
	all := collect(t, otelexec.NewProducer(pool))
	require.Len(t, all, 8)
	name := otelexec.PoolNameKey.String("images")
	require.EqualValues(t, 2, valueOf(t, all["asyncgo.pool.worker.max"], name))
	require.EqualValues(t, 0, valueOf(t, all["asyncgo.pool.queued_jobs"], name))
	require.EqualValues(t, 3, valueOf(t, all["asyncgo.pool.jobs"], name, otelexec.JobOutcomeKey.String("completed")))
	require.EqualValues(t, 1, valueOf(t, all["asyncgo.pool.jobs"], name, otelexec.JobOutcomeKey.String("failed")))
	require.EqualValues(t, 0, valueOf(t, all["asyncgo.pool.jobs"], name, otelexec.JobOutcomeKey.String("canceled")))
	for _, name := range []string{"asyncgo.pool.job.wait_time", "asyncgo.pool.job.duration"} {
		h, ok := all[name].Data.(metricdata.ExponentialHistogram[float64])
		require.True(t, ok, name)
		require.Equal(t, "s", all[name].Unit)
		require.EqualValues(t, 4, h.DataPoints[0].Count, name)
	}
}

// limits returns what is in the buckets of a histogram, by their upper limits in seconds.
func limits(h metricdata.ExponentialHistogramDataPoint[float64]) map[float64]uint64 {
	in := map[float64]uint64{}
	for i, n := range h.PositiveBucket.Counts {
		if n > 0 {
			in[math.Ldexp(1, int(h.PositiveBucket.Offset)+i+1)] = n // base 2, as the scale is 0
		}
	}
	return in
}

func TestHistogramsAreExponential(t *testing.T) {
	p := &numbers{executor.Stats{Name: "p"}}
	p.s.Ran.Buckets[0] = 5  // no time at all
	p.s.Ran.Buckets[30] = 2 // half a second to 1.07
	p.s.Ran.Buckets[31] = 1 // up to 2.1 s
	p.s.Ran.Buckets[20] = 7 // a millisecond
	p.s.Ran.Sum = 3 * time.Second
	data, ok := collect(t, otelexec.NewProducer(p))["asyncgo.pool.job.duration"].Data.(metricdata.ExponentialHistogram[float64])
	require.True(t, ok)
	h := data.DataPoints[0]
	require.EqualValues(t, 15, h.Count)
	require.EqualValues(t, 5, h.ZeroCount)
	require.InDelta(t, 3, h.Sum, 1e-9)
	require.Zero(t, h.Scale)
	require.Equal(t, map[float64]uint64{1: 2, 2: 1, math.Ldexp(1, -10): 7}, limits(h))
}

func TestPoolsComeAndGo(t *testing.T) {
	var p otelexec.Producer
	require.Empty(t, collect(t, &p))
	a := &numbers{executor.Stats{Name: "p", Workers: 1, Idle: 1}}
	b := &numbers{executor.Stats{Name: "p", Workers: 3}}
	c := &numbers{executor.Stats{Name: "q", Workers: 7}}
	for _, pool := range []*numbers{a, b, c} {
		p.Add(pool)
	}
	used := func(name string) int64 {
		return valueOf(t, collect(t, &p)["asyncgo.pool.worker.count"], otelexec.PoolNameKey.String(name), otelexec.WorkerStateKey.String("used"))
	}
	require.EqualValues(t, 3, used("p"))
	require.EqualValues(t, 7, used("q"))
	require.True(t, p.Remove(b))
	require.False(t, p.Remove(b), "twice")
	require.EqualValues(t, 0, used("p"))
}
