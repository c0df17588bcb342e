package promexec

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/internal/poolset"
)

// A Pool is what has statistics: every pool of package executor.
type Pool interface {
	Stats() executor.Stats
}

// A Collector is a [prometheus.Collector] over pools. Its zero value has none; it is safe
// for concurrent use.
type Collector struct{ pools poolset.Set[Pool] }

// New returns a Collector over pools.
func New(pools ...Pool) *Collector {
	c := &Collector{}
	c.pools.Add(pools...)
	return c
}

// Add adds a pool. One that is added a second time counts twice. Pools of one name share
// their series, which are sums then.
func (c *Collector) Add(pool Pool) { c.pools.Add(pool) }

// Remove takes a pool out, as after its Shutdown: until then its last numbers are shown.
// It reports false if the pool is not there, as a second time.
func (c *Collector) Remove(pool Pool) bool { return c.pools.Remove(pool) }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("asyncgo_pool_"+name, help, append([]string{"pool"}, labels...), nil)
}

var (
	maxWorkers  = describe("max_workers", "The limit of workers.")
	workers     = describe("workers", "Workers that exist.")
	idleWorkers = describe("idle_workers", "Workers without a job.")
	running     = describe("running_jobs", "Jobs that have begun and not ended.")
	queued      = describe("queued_jobs", "Jobs that were accepted and have not begun.")
	blocked     = describe("blocked_submitters", "Callers of Submit that wait for room in the queue.")
	jobs        = describe("jobs_total", "Jobs that ended.", "outcome")
	wait        = describe("wait_seconds", "Time from Submit to the start of a job.")
	run         = describe("run_seconds", "Time from the start to the end of a job.")
)

// Describe implements [prometheus.Collector].
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{maxWorkers, workers, idleWorkers, running, queued, blocked, jobs, wait, run} {
		to <- d
	}
}

// Collect implements [prometheus.Collector]. It asks each pool for its statistics, which
// does not hold up the pool's calls for longer than Stats does.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	for _, s := range c.pools.Sums() {
		gauge := func(d *prometheus.Desc, v int) {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), s.Name)
		}
		count := func(outcome string, v uint64) {
			to <- prometheus.MustNewConstMetric(jobs, prometheus.CounterValue, float64(v), s.Name, outcome)
		}
		gauge(maxWorkers, s.MaxWorkers)
		gauge(workers, s.Workers)
		gauge(idleWorkers, s.Idle)
		gauge(running, s.Running)
		gauge(queued, s.Queued)
		gauge(blocked, s.WaitingFor)
		count("completed", s.Completed)
		count("failed", s.Failed)
		count("canceled", s.Canceled)
		to <- histogram(wait, &s.Waited, s.Name)
		to <- histogram(run, &s.Ran, s.Name)
	}
}

// schema is that of a native histogram whose buckets are each twice as wide as the one
// before, as those of executor are.
const schema = 0

// histogram makes a native histogram of h.
func histogram(d *prometheus.Desc, h *executor.Histogram, pool string) prometheus.Metric {
	buckets := map[int]int64{}
	zero := uint64(0)
	for i, n := range h.Buckets {
		switch {
		case n == 0:
		case i == 0:
			zero = n
		default:
			buckets[i-poolset.Second] = int64(n) //nolint:gosec // no program lives for so many calls
		}
	}
	return prometheus.MustNewConstNativeHistogram(d, h.Count(), h.Sum.Seconds(), buckets, nil, zero, schema, 0, time.Time{}, pool)
}
