package executor

import (
	"context"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/sched"
)

// A queueWatch settles jobs that are queued when their contexts end, so that they
// need not wait for their turn, which may never come.
//
// To watch a context costs as much as a short call, and most jobs are queued for
// microseconds. Therefore the queue is looked at every few milliseconds, as long as
// there is anything in it, and a context is watched when its job has been there
// for as long: one watch for all jobs of one context. A job that leaves the
// queue does not tell; further looks find that.
type queueWatch struct {
	pool  sync.Locker // guards queue and soon
	queue *sched.Queue[Job]
	soon  bool // a look is arranged

	mu     sync.Mutex // guards what follows; no foreign code runs under it, nor under pool
	groups map[<-chan struct{}]*watchedGroup
	total  int           // jobs in all groups, those that have left the queue included
	kept   int           // what total was after the last sweep
	swept  time.Time     // when that was
	looks  bool          // a look is under way
	pause  time.Duration // between looks that have only to forget
	timer  *time.Timer
}

// A watchedGroup is what is queued with one context.
type watchedGroup struct {
	ctx  context.Context // the first job's; all have the same channel
	done <-chan struct{}
	jobs []*Job
	stop func() bool
}

const (
	// lookAfter is how long a job is queued before its context is watched, and
	// the time between looks: the end of a context settles its jobs twice as
	// late, at most. It is a guess: long for a call of microseconds, of
	// which thousands may be queued, and short for a caller that gives up.
	lookAfter = 10 * time.Millisecond

	// maxPause is how long a job that has left the queue may stay in a group.
	maxPause = time.Second
)

// armLocked arranges for a look at the queue, which has got a job. The caller
// holds the pool's lock.
func (q *queueWatch) armLocked() {
	if !q.soon {
		q.soon = true
		q.lookIn(lookAfter)
	}
}

func (q *queueWatch) lookIn(d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.timer == nil {
		q.timer = time.AfterFunc(d, q.look)
		return
	}
	q.timer.Reset(d)
}

// look watches the contexts of what has been queued for long, and forgets what is
// queued no more.
func (q *queueWatch) look() {
	q.mu.Lock()
	if q.looks {
		q.mu.Unlock() // the one under way sees to the next
		return
	}
	q.looks = true
	q.mu.Unlock()
	// Deferred, for what follows asks contexts, which may be the user's.
	defer q.looked()
	q.pool.Lock()
	var jobs []*Job
	q.queue.Unseen(sinceEpoch()-int64(lookAfter), func(c *sched.Call[Job]) {
		if c.Of.mayExpire() {
			jobs = append(jobs, c.Of)
		}
	})
	q.pool.Unlock()
	n := 0
	for _, j := range jobs {
		if j.latched {
			j.done = j.parent.Done()
		}
		if j.done != nil {
			jobs[n] = j
			n++
		}
	}
	for _, g := range q.gather(jobs[:n]) {
		stop := context.AfterFunc(g.ctx, func() { q.end(g) })
		q.mu.Lock()
		g.stop = stop
		q.mu.Unlock()
	}
	for _, stop := range q.sweep(n > 0) {
		stop()
	}
}

// gather puts jobs into the groups of their contexts and returns the new groups.
func (q *queueWatch) gather(jobs []*Job) (news []*watchedGroup) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.groups == nil {
		q.groups = make(map[<-chan struct{}]*watchedGroup)
	}
	var g *watchedGroup // of the job before, mostly the right one
	for _, j := range jobs {
		if g == nil || g.done != j.done {
			if g = q.groups[j.done]; g == nil {
				g = &watchedGroup{ctx: j.parent, done: j.done}
				q.groups[j.done] = g
				news = append(news, g)
			}
		}
		g.jobs = append(g.jobs, j)
	}
	q.total += len(jobs)
	return news
}

// end calls off the jobs of a context that has ended.
func (q *queueWatch) end(g *watchedGroup) {
	q.mu.Lock()
	if q.groups[g.done] == g {
		delete(q.groups, g.done)
	}
	jobs := g.jobs
	g.jobs = nil
	q.total -= len(jobs)
	q.mu.Unlock()
	eachOf(jobs, (*Job).expire)
}

// sweep forgets the jobs that are not queued any more, if there may be enough of
// them to make it worth the time, if there was nothing else to do, or if they were
// kept for long. It returns what ends the watch of contexts that no job is queued
// with.
func (q *queueWatch) sweep(busy bool) (stops []func() bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if busy && q.total < 2*q.kept+64 && now.Sub(q.swept) < maxPause {
		return nil
	}
	q.swept, q.total = now, 0
	for done, g := range q.groups {
		n := 0
		for _, j := range g.jobs {
			if j.phase.Load() == phaseQueued {
				g.jobs[n] = j
				n++
			}
		}
		clear(g.jobs[n:])
		g.jobs = g.jobs[:n]
		q.total += n
		if n == 0 && g.stop != nil {
			delete(q.groups, done)
			stops = append(stops, g.stop)
		}
	}
	q.kept = q.total
	return stops
}

// looked ends a look and arranges for the next: soon if there is anything in the
// queue that no look has seen, or else, with longer and longer pauses, as long as
// there is anything to forget.
func (q *queueWatch) looked() {
	q.mu.Lock()
	q.looks = false
	pause := time.Duration(0)
	if len(q.groups) > 0 {
		pause = min(max(lookAfter, 2*q.pause), maxPause)
	}
	q.pause = pause
	q.mu.Unlock()
	q.pool.Lock()
	q.soon = q.queue.HasUnseen()
	if q.soon {
		pause = lookAfter
	}
	q.pool.Unlock()
	if pause > 0 {
		q.lookIn(pause)
	}
}
