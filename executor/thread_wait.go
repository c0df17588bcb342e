package executor

import "github.com/seed-1b9fde7b/asyncgo/internal/whose"

// A job that waits for a job of its own pool would wait without end if every worker
// did so. Therefore waiting calls of this module tell the worker, and when all of
// them wait the pool starts one more for the next job. With one only, and only
// then, the limit keeps its meaning as far as it can: the workers beyond it do the
// work of those that stand still.

// CurrentHost implements whose.Provider: no loop owns a worker's goroutine.
func (w *threadWorker) CurrentHost() whose.Host { return nil }

// Waiting implements whose.Waiter. It is called by the worker's own goroutine.
func (w *threadWorker) Waiting() {
	if w.waits++; w.waits > 1 {
		return
	}
	p := w.pool
	p.mu.Lock()
	p.waiting++
	started := p.growLocked()
	p.mu.Unlock()
	wakeAll(started)
}

// Resumed implements whose.Waiter.
func (w *threadWorker) Resumed() {
	if w.waits--; w.waits > 0 {
		return
	}
	w.pool.mu.Lock()
	w.pool.waiting--
	w.pool.mu.Unlock()
}

// mayStartLocked reports whether one more worker may be started.
func (p *ThreadPool) mayStartLocked() bool {
	return len(p.workers) < p.cfg.Workers || p.waiting == len(p.workers)
}

// surplusLocked reports whether the calling worker, which has no job, is one more
// than there should be. If it is the last that does not wait, it stays as long as
// there are jobs.
func (p *ThreadPool) surplusLocked() bool {
	if len(p.workers) <= p.cfg.Workers {
		return false
	}
	return p.queue.Len() == 0 || p.waiting < len(p.workers)-1
}
