package executor

import "time"

// A pool whose limit is high, as that of a loop's default executor is, must not start a
// goroutine for each of a thousand short jobs: they would all be there when the first few
// have done the work, and stay. Nor may a thousand jobs that block wait for each other.
// So few workers at a time are on their way: given a job, and not begun. A job that comes
// meanwhile waits in the queue. A worker begins when the scheduler has nothing better to
// do, and then starts the next one, unless the queue moves by itself; then a timer looks after it.
//
//	Submit ──► enough on their way? ─no──► a worker gets the job
//	              │ yes                          │ begins
//	              ▼                              ▼
//	            queue                     the queue moves? ─no──► start the next
//	                                             │ yes                 ▲
//	                                             ▼                     │ yes
//	                        rescueDelay later: does a job wait that long?
//
// So none waits for longer than two such delays while a worker could be started for it.

const (
	// leastComing is how many workers may be on their way at least before jobs wait for
	// them; with more processors it is one for each. BenchmarkGather, a thousand jobs on a
	// pool with a high limit: with a worker for each job a call takes twice as long, for the
	// garbage collector looks at all their stacks, and with 32 a fifth longer than with 4.
	leastComing = 4

	// moves is how many jobs are taken from a queue that moves between the start of a worker
	// and its beginning, which are microseconds.
	moves = 4

	// rescueDelay is how long a job waits for a worker that may be about to be free before
	// it gets a new one.
	rescueDelay = 5 * time.Millisecond
)

// comesLocked notes that w was given a job and has not begun.
func (p *ThreadPool) comesLocked(w *threadWorker) {
	w.taken = p.taken
	p.coming.Add(1)
}

// fewComeLocked reports whether one more worker may be set to a job. If not, one of those
// that come will see to what is in the queue.
func (p *ThreadPool) fewComeLocked() bool {
	if p.coming.Load() < p.mostCome {
		return true
	}
	p.held.Store(true)
	return p.coming.Load() < p.mostCome // the last of them may have begun just before it was told
}

// begin is the first thing that a worker does that was given a job.
func (w *threadWorker) begin() {
	p := w.pool
	p.coming.Add(-1)
	if !p.held.Load() {
		return
	}
	p.mu.Lock()
	p.held.Store(false)
	var started []*threadWorker
	switch {
	case p.queue.Len() == 0:
	case p.taken-w.taken < moves:
		started = p.growLocked()
	default:
		p.rescueLocked()
	}
	p.mu.Unlock()
	wakeAll(started)
}

// growLocked starts workers for queued jobs as far as the limits allow. The
// caller wakes them without the lock.
func (p *ThreadPool) growLocked() (started []*threadWorker) {
	for p.queue.Len() > 0 && p.mayStartLocked() && p.fewComeLocked() {
		started = append(started, p.startLocked(p.queue.pop()))
	}
	p.admitLocked()
	return started
}

// rescueLocked makes sure that a job does not stay in the queue, behind a worker's
// callbacks say, while more workers may be started.
func (p *ThreadPool) rescueLocked() {
	p.rescue.after(rescueDelay, p.rescueNow)
}

// rescueNow starts workers if jobs wait too long.
func (p *ThreadPool) rescueNow() {
	p.mu.Lock()
	p.rescue.rang()
	var started []*threadWorker
	switch {
	case p.queue.Len() == 0:
	case sinceEpoch()-p.queue.Oldest() >= int64(rescueDelay):
		started = p.growLocked()
	default:
		p.rescueLocked()
	}
	p.mu.Unlock()
	wakeAll(started)
}

func wakeAll(workers []*threadWorker) {
	for _, w := range workers {
		w.wake()
	}
}
