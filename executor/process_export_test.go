package executor

import "testing"

// What tests look at from outside of the package.

// Waits returns how many calls of p wait in its queue, how many that were taken
// back from workers, and how many inside workers, behind the call that runs.
func (p *ProcessPool) Waits() (queued, returned, ahead int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.sched.Workers() {
		ahead += max(0, w.Load()-1)
	}
	return p.queue.Len(), p.sched.Waiting() - p.queue.Len(), ahead
}

// Watching reports whether p will look for calls that wait for long.
func (p *ProcessPool) Watching() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.watch.set
}

// WatchedJobs returns how many jobs are in the watch over those that are queued.
func (p *ThreadPool) WatchedJobs() int {
	q := p.queue.watch
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.total
}

// WithoutContextValues makes calls carry none until b ends: those that the tests of this
// program have registered would cost a benchmark what most programs do not pay.
func WithoutContextValues(b *testing.B) {
	if carries.Swap(false) {
		b.Cleanup(func() { carries.Store(true) })
	}
}
