package executor

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Stats is what a pool does, at one moment.
type Stats struct {
	Name       string
	MaxWorkers int // the limit
	Workers    int // that exist
	Idle       int // of them, without a job
	Waiting    int // of them, with a job that waits for a future, say
	Running    int // jobs that have begun and not ended
	Queued     int // jobs that were accepted and have not begun
	WaitingFor int // callers of Submit that wait for room in the queue

	Completed uint64 // jobs that ended with a result
	Failed    uint64 // jobs that ended with an error
	Canceled  uint64 // jobs that were called off, or ended because they were canceled

	Waited Histogram // from Submit to the start, of the jobs that began
	Ran    Histogram // from the start to the end, of the jobs that ended
}

// Add adds the numbers of another pool to s, which keeps its name: several pools as if
// they were one. It does not block. Added a second time, they count twice.
func (s *Stats) Add(other *Stats) {
	s.MaxWorkers += other.MaxWorkers
	s.Workers += other.Workers
	s.Idle += other.Idle
	s.Waiting += other.Waiting
	s.Running += other.Running
	s.Queued += other.Queued
	s.WaitingFor += other.WaitingFor
	s.Completed += other.Completed
	s.Failed += other.Failed
	s.Canceled += other.Canceled
	s.Waited.add(&other.Waited)
	s.Ran.add(&other.Ran)
}

func (h *Histogram) add(other *Histogram) {
	for i, n := range other.Buckets {
		h.Buckets[i] += n
	}
	h.Sum += other.Sum
}

// A Histogram counts durations in buckets of which each is twice as wide as the
// one before.
type Histogram struct {
	// Buckets[i] counts the durations d with 2^(i-1) ns ≤ d < 2^i ns.
	Buckets [64]uint64
	Sum     time.Duration
}

// Count returns how many durations were counted.
func (h *Histogram) Count() (n uint64) {
	for _, b := range h.Buckets {
		n += b
	}
	return n
}

// Mean returns the average, 0 if there is none.
func (h *Histogram) Mean() time.Duration {
	n := h.Count()
	if n == 0 {
		return 0
	}
	return h.Sum / time.Duration(n)
}

// Quantile returns an upper bound, at most twice too high, of the duration below
// which the fraction q of all durations lies: Quantile(0.99), say.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := uint64(q * float64(h.Count()))
	var seen uint64
	for i, b := range h.Buckets {
		if seen += b; b > 0 && seen >= rank {
			return time.Duration(1)<<i - 1
		}
	}
	return 0
}

// meter counts what becomes of a pool's jobs. Its parts are atomic because jobs
// end in goroutines that do not hold the pool's lock; a job is counted before its
// future is settled, so that code that saw the outcome finds it in the Stats.
type meter struct {
	completed, failed, canceled atomic.Uint64
	waited, ran                 histogram
	errors                      lastErrors

	dropped func(*Job) // told of jobs that were called off while queued; never changes

	// settling counts jobs that this process ran and whose worker has not
	// come back for more yet: up just before the future is settled, down when
	// the worker takes the pool's lock.
	settling atomic.Int32
}

// count notes the end of a job.
func (m *meter) count(o outcome) {
	switch o {
	case outcomeResult:
		m.completed.Add(1)
	case outcomeError:
		m.failed.Add(1)
	default:
		m.canceled.Add(1)
	}
}

// snapshot adds the meter's figures to s.
func (m *meter) snapshot(s *Stats) {
	s.Completed, s.Failed, s.Canceled = m.completed.Load(), m.failed.Load(), m.canceled.Load()
	m.waited.snapshot(&s.Waited)
	m.ran.snapshot(&s.Ran)
}

// histogram is a Histogram that is being written.
type histogram struct {
	buckets [64]atomic.Uint64
	sum     atomic.Int64
}

func (h *histogram) record(d time.Duration) {
	d = max(d, 0)
	h.buckets[bits.Len64(uint64(d))].Add(1)
	h.sum.Add(int64(d))
}

func (h *histogram) snapshot(to *Histogram) {
	for i := range h.buckets {
		to.Buckets[i] = h.buckets[i].Load()
	}
	to.Sum = time.Duration(h.sum.Load())
}
