package otelexec

import (
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/internal/poolset"
)

// The keys of attributes of metrics.
const (
	PoolNameKey    = attribute.Key("asyncgo.pool.name")
	WorkerStateKey = attribute.Key("asyncgo.worker.state") // idle, used
	JobOutcomeKey  = attribute.Key("asyncgo.job.outcome")  // completed, failed, canceled
)

// A Pool is what has statistics: every pool of package executor.
type Pool interface {
	Stats() executor.Stats
}

// A Producer is a metric.Producer of the OpenTelemetry SDK over pools. Its zero value has
// none; it is safe for concurrent use. Give it to a reader:
//
//	metric.NewPeriodicReader(exporter, metric.WithProducer(otelexec.NewProducer(pool)))
type Producer struct{ pools poolset.Set[Pool] }

// NewProducer returns a Producer over pools.
func NewProducer(pools ...Pool) *Producer {
	p := &Producer{}
	p.pools.Add(pools...)
	return p
}

// Add adds a pool. One that is added a second time counts twice. Pools of one name share
// their series, which are sums then.
func (p *Producer) Add(pool Pool) { p.pools.Add(pool) }

// Remove takes a pool out, as after its Shutdown: until then its last numbers are shown.
// It reports false if the pool is not there, as a second time.
func (p *Producer) Remove(pool Pool) bool { return p.pools.Remove(pool) }

// Produce implements metric.Producer. It asks each pool for its statistics, which does
// not hold up the pool's calls for longer than Stats does. It does not wait, and returns
// no error.
func (p *Producer) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	sums := p.pools.Sums()
	if len(sums) == 0 {
		return nil, nil
	}
	return []metricdata.ScopeMetrics{{
		Scope:   instrumentation.Scope{Name: Scope, SchemaURL: semconv.SchemaURL},
		Metrics: metricsOf(sums),
	}}, nil
}

// began is before the first job of any pool.
var began = time.Now()

// metricsOf returns the statistics of pools, which have different names, as metrics.
func metricsOf(pools []*executor.Stats) []metricdata.Metrics {
	now := time.Now()
	sum := func(name, unit, description string, monotonic bool, points func(*executor.Stats) []metricdata.DataPoint[int64]) metricdata.Metrics {
		data := metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: monotonic}
		for _, s := range pools {
			for _, point := range points(s) {
				point.StartTime, point.Time = began, now
				data.DataPoints = append(data.DataPoints, point)
			}
		}
		return metricdata.Metrics{Name: name, Description: description, Unit: unit, Data: data}
	}
	level := func(name, unit, description string, value func(*executor.Stats) int) metricdata.Metrics {
		return sum(name, unit, description, false, func(s *executor.Stats) []metricdata.DataPoint[int64] {
			return []metricdata.DataPoint[int64]{point(s, value(s))}
		})
	}
	times := func(name, description string, of func(*executor.Stats) *executor.Histogram) metricdata.Metrics {
		data := metricdata.ExponentialHistogram[float64]{Temporality: metricdata.CumulativeTemporality}
		for _, s := range pools {
			h := exponential(of(s))
			h.Attributes, h.StartTime, h.Time = attribute.NewSet(PoolNameKey.String(s.Name)), began, now
			data.DataPoints = append(data.DataPoints, h)
		}
		return metricdata.Metrics{Name: name, Description: description, Unit: "s", Data: data}
	}
	return []metricdata.Metrics{
		level("asyncgo.pool.worker.max", "{worker}", "The limit of workers.", func(s *executor.Stats) int { return s.MaxWorkers }),
		sum("asyncgo.pool.worker.count", "{worker}", "Workers that exist.", false, func(s *executor.Stats) []metricdata.DataPoint[int64] {
			return []metricdata.DataPoint[int64]{
				point(s, s.Idle, WorkerStateKey.String("idle")),
				point(s, s.Workers-s.Idle, WorkerStateKey.String("used")),
			}
		}),
		level("asyncgo.pool.active_jobs", "{job}", "Jobs that have begun and not ended.", func(s *executor.Stats) int { return s.Running }),
		level("asyncgo.pool.queued_jobs", "{job}", "Jobs that were accepted and have not begun.", func(s *executor.Stats) int { return s.Queued }),
		level("asyncgo.pool.blocked_submitters", "{caller}", "Callers of Submit that wait for room in the queue.", func(s *executor.Stats) int { return s.WaitingFor }),
		sum("asyncgo.pool.jobs", "{job}", "Jobs that ended.", true, func(s *executor.Stats) []metricdata.DataPoint[int64] {
			return []metricdata.DataPoint[int64]{
				point(s, s.Completed, JobOutcomeKey.String("completed")),
				point(s, s.Failed, JobOutcomeKey.String("failed")),
				point(s, s.Canceled, JobOutcomeKey.String("canceled")),
			}
		}),
		times("asyncgo.pool.job.wait_time", "Time from Submit to the start of a job.", func(s *executor.Stats) *executor.Histogram { return &s.Waited }),
		times("asyncgo.pool.job.duration", "Time from the start to the end of a job.", func(s *executor.Stats) *executor.Histogram { return &s.Ran }),
	}
}

func point[N int | uint64](s *executor.Stats, value N, more ...attribute.KeyValue) metricdata.DataPoint[int64] {
	return metricdata.DataPoint[int64]{
		Attributes: attribute.NewSet(append(more, PoolNameKey.String(s.Name))...),
		Value:      int64(value), //nolint:gosec // no program lives for so many jobs
	}
}

// exponential makes an exponential histogram of h. With scale 0 each bucket is twice as
// wide as the one before, as those of executor are, and that of offset 0 ends at 2 s.
func exponential(h *executor.Histogram) metricdata.ExponentialHistogramDataPoint[float64] {
	to := metricdata.ExponentialHistogramDataPoint[float64]{Count: h.Count(), Sum: h.Sum.Seconds(), ZeroCount: h.Buckets[0]}
	first := slices.IndexFunc(h.Buckets[1:], func(n uint64) bool { return n > 0 }) + 1
	if first == 0 {
		return to
	}
	last := len(h.Buckets) - 1
	for h.Buckets[last] == 0 {
		last--
	}
	to.PositiveBucket = metricdata.ExponentialBucket{Offset: int32(first - poolset.Second - 1), Counts: slices.Clone(h.Buckets[first : last+1])}
	return to
}
