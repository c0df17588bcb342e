package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// roomQueue holds the callers that wait for a place in a full queue, in the order
// of their arrival. The pool's lock guards it.
//
// It does what a semaphore would, and hands the place over together with the
// job: no newcomer can overtake, and a caller that gives up at the moment at which
// it gets its place knows which of the two came first.
type roomQueue struct {
	waiting []*roomWaiter
}

// A roomWaiter is a caller that waits. Its fields are final once ready is closed.
type roomWaiter struct {
	job   *Job
	ready chan struct{} // closed by admit or refuse
	err   error
}

func (q *roomQueue) len() int { return len(q.waiting) }

func (q *roomQueue) push(job *Job) *roomWaiter {
	r := &roomWaiter{job: job, ready: make(chan struct{})}
	q.waiting = append(q.waiting, r)
	return r
}

// admit takes out the first waiter, whose job the caller queues; nil if there is
// none.
func (q *roomQueue) admit() *Job {
	if len(q.waiting) == 0 {
		return nil
	}
	r := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	close(r.ready)
	return r.job
}

// refuse ends every wait with err.
func (q *roomQueue) refuse(err error) {
	for _, r := range q.waiting {
		r.err = err
		close(r.ready)
	}
	q.waiting = nil
}

// giveUp takes out r. It reports false if r got its answer already.
func (q *roomQueue) giveUp(r *roomWaiter) bool {
	i := slices.Index(q.waiting, r)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// admitLocked fills the queue with the jobs of callers that wait for room.
func (p *ThreadPool) admitLocked() {
	for p.room.len() > 0 && p.queue.len() < p.cfg.MaxPending {
		p.enqueueLocked(p.room.admit())
	}
}

// awaitRoom waits until the job of r is accepted or refused, or ctx ends.
func (p *ThreadPool) awaitRoom(ctx context.Context, r *roomWaiter) error {
	err := whose.Block(ctx, func(ctx context.Context) error {
		select {
		case <-r.ready:
			return r.err
		case <-ctx.Done():
		}
		p.mu.Lock()
		gone := p.room.giveUp(r)
		p.mu.Unlock()
		if gone {
			return context.Cause(ctx)
		}
		return r.err
	})
	if errors.Is(err, whose.ErrWouldBlock) {
		// Nothing was waited for, and nobody waits now.
		p.mu.Lock()
		gone := p.room.giveUp(r)
		p.mu.Unlock()
		if !gone {
			return r.err
		}
		return fmt.Errorf("%w (%w)", ErrQueueFull, err)
	}
	return err
}
