package natsexec

import (
	"math/bits"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// meter counts what becomes of the calls. The pool's mutex guards it.
type meter struct {
	completed, failed, canceled uint64
	waited, ran                 executor.Histogram
}

func record(h *executor.Histogram, d time.Duration) {
	d = max(d, 0)
	h.Buckets[bits.Len64(uint64(d))]++
	h.Sum += d
}

func (m *meter) began(waited time.Duration) { record(&m.waited, waited) }

// Stats returns what this submitter knows of its calls at this moment. Workers are the
// nodes that have some of them.
func (p *Pool) Stats() executor.Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return executor.Stats{
		Name: p.cfg.Name, MaxWorkers: len(p.nodes), Workers: len(p.nodes),
		Running: len(p.active) - p.queued, Queued: p.queued, WaitingFor: len(p.room),
		Completed: p.meter.completed, Failed: p.meter.failed, Canceled: p.meter.canceled,
		Waited: p.meter.waited, Ran: p.meter.ran,
	}
}

// count notes the end of a call that had begun, before its future is settled: a caller that
// saw the outcome finds it in the Stats.
func (p *Pool) count(c *call, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	record(&p.meter.ran, time.Since(c.began))
	switch {
	case err == nil:
		p.meter.completed++
	case future.IsCanceled(err) && (c.canceled != nil || c.job.Context().Err() != nil):
		p.meter.canceled++
	default:
		p.meter.failed++
	}
}
