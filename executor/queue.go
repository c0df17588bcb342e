package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/sched"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// jobQueue holds jobs that have not begun, in the order in which they are to run: a
// [sched.Queue] of a pool, and the watch over the contexts of the jobs in it. The
// pool's lock guards it.
type jobQueue struct {
	*sched.Queue[Job]
	watch *queueWatch
}

// openQueue returns the queue of a pool. lock is the pool's.
func openQueue(q *sched.Queue[Job], lock sync.Locker) jobQueue {
	return jobQueue{Queue: q, watch: &queueWatch{pool: lock, queue: q}}
}

func (q *jobQueue) push(j *Job) {
	q.Push(&j.place)
	q.pushed(j)
}

// pushed is told that j was put into the queue.
func (q *jobQueue) pushed(j *Job) {
	if j.mayExpire() {
		q.watch.armLocked()
	}
}

// first returns the job that is to run next, or nil.
func (q *jobQueue) first() *Job { return jobOf(q.First()) }

// pop takes out the job that is to run next, or returns nil.
func (q *jobQueue) pop() *Job { return jobOf(q.Pop()) }

// remove takes out j. It reports false if j is not in the queue.
func (q *jobQueue) remove(j *Job) bool { return q.Remove(&j.place) }

// all returns the jobs in the order in which they are to run.
func (q *jobQueue) all() []*Job { return jobsOf(q.All()) }

// jobOf returns the job of a call; nil for no call, and for an initializer.
func jobOf(c *sched.Call[Job]) *Job {
	if c == nil {
		return nil
	}
	return c.Of
}

func jobsOf(calls []*sched.Call[Job]) []*Job {
	jobs := make([]*Job, len(calls))
	for i, c := range calls {
		jobs[i] = c.Of
	}
	return jobs
}

// roomQueue holds the callers that wait for a place in a full queue, in the order
// of their arrival. The pool's lock guards it.
//
// It does what a semaphore would, and hands the place over together with the
// job: no newcomer can overtake, and a caller that gives up at the moment at which
// it gets its place knows which of the two came first.
type roomQueue struct {
	waiting []*roomWaiter
}

// A roomWaiter is a caller that waits. It is answered once, by admit, refuse or
// giveUp, which take it out of the queue; err is final then.
type roomWaiter struct {
	job   *Job
	ready chan struct{} // closed by admit or refuse
	err   error         // nil if the job was accepted
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

// giveUp ends the wait of r with err, unless it has had its answer. The pool's lock
// is not held.
func (q *roomQueue) giveUp(mu sync.Locker, r *roomWaiter, err error) {
	mu.Lock()
	defer mu.Unlock()
	if i := slices.Index(q.waiting, r); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
		r.err = err
	}
}

// errRoomLeft is the answer of a waiter that a panic took out of its wait.
var errRoomLeft = errors.New("executor: the wait for room ended with a panic")

// await waits until r has its answer, and returns it. If ctx ends before, or if
// the caller may not wait at all, the wait is given up.
//
// There is one place that says what became of r: r itself, under the pool's lock.
// What the wait returns does not count, for the job may have been accepted in the
// instant in which the wait failed, and an error must mean that it was not.
func (q *roomQueue) await(ctx context.Context, mu sync.Locker, r *roomWaiter) error {
	defer q.giveUp(mu, r, errRoomLeft)
	err := whose.Block(ctx, func(ctx context.Context) error {
		select {
		case <-r.ready:
		case <-ctx.Done():
			q.giveUp(mu, r, context.Cause(ctx))
		}
		return r.err
	})
	if errors.Is(err, whose.ErrWouldBlock) {
		err = fmt.Errorf("%w (%w)", ErrQueueFull, err)
	}
	q.giveUp(mu, r, err)
	return r.err
}
