package executor

import (
	"cmp"
	"slices"
)

// returnLocked puts started calls back among those that wait for a worker: each
// behind what has a higher priority, and before what was submitted after it.
// Workers give back what they have in any order.
func (p *ProcessPool) returnLocked(calls ...*processCall) {
	if len(calls) == 0 {
		return
	}
	p.returned = append(calls, p.returned...)
	slices.SortFunc(p.returned, func(a, b *processCall) int {
		return cmp.Or(cmp.Compare(b.job.priority, a.job.priority), cmp.Compare(a.job.id, b.job.id))
	})
	p.watchWaitLocked()
}

// returnedFirstLocked reports whether the next call is one that was taken back. It
// is, unless the queue has one of a higher priority: what was taken back was
// accepted earlier.
func (p *ProcessPool) returnedFirstLocked() bool {
	if len(p.returned) == 0 {
		return false
	}
	job := p.queue.first()
	return job == nil || job.priority <= p.returned[0].job.priority
}
