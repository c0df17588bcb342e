package executor

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// Shutdown refuses further jobs, waits until every accepted one has ended and the
// workers have left, and returns nil. A task that calls it is suspended meanwhile.
//
// If ctx ends first, Shutdown returns a [*ShutdownError] with the jobs that still run,
// and the pool goes on with winding up: call Shutdown again to wait for the rest,
// [ThreadPool.CancelPending] to give up what has not begun, or
// [ThreadPool.ShutdownNow] to ask what runs to end. With a ctx that has ended already
// it stands for shutdown(wait=False).
//
// When it has waited 5 s for a job that was canceled and goes on, the pool's log gets a
// warning that says which, and where it is.
//
// Shutdown may be called repeatedly and concurrently: each call waits, and one after
// the end returns nil at once. Called by one of the pool's own jobs it begins the
// shutdown, does not wait, and returns [ErrInsideItself]; in a bare callback on a
// loop's goroutine it does the same with future.ErrWouldBlock.
func (p *ThreadPool) Shutdown(ctx context.Context) error {
	inside := p.close()
	select {
	case <-p.done:
		p.goroutines.Wait()
		return nil
	default:
	}
	if inside {
		return ErrInsideItself
	}
	defer watchShutdown(ctx, p.cfg.Name, p.observer.warn, p.runningJobs)()
	return whose.Block(ctx, func(ctx context.Context) error {
		select {
		case <-p.done:
			p.goroutines.Wait()
			return nil
		case <-ctx.Done():
			return p.stillRunning(context.Cause(ctx))
		}
	})
}

// ShutdownNow is [ThreadPool.Shutdown] in a hurry: it cancels every job that has not
// begun and the contexts of those that have, with [ErrShutdown] as the cause. It still
// waits for them to return: a goroutine cannot be killed. It may be called after
// Shutdown, repeatedly and concurrently: each call cancels what is left. It returns
// what Shutdown does, a [*ShutdownError] if ctx ends first and nil once all have
// ended; called by one of the pool's own jobs it cancels that one, too.
func (p *ThreadPool) ShutdownNow(ctx context.Context) error {
	p.close()
	p.CancelPending()
	p.mu.Lock()
	jobs := make([]*Job, 0, len(p.workers))
	for w := range p.workers {
		if w.job != nil {
			jobs = append(jobs, w.job)
		}
	}
	p.mu.Unlock()
	eachOf(jobs, func(j *Job) { j.Cancel(ErrShutdown) })
	return p.Shutdown(ctx)
}

// close refuses further jobs and sends idle workers away. It reports whether one
// of the pool's workers calls.
func (p *ThreadPool) close() (inside bool) {
	p.mu.Lock()
	inside = p.insideLocked()
	if p.closed {
		p.mu.Unlock()
		return inside
	}
	p.closed = true
	p.room.refuse(ErrShutdown)
	leaving := p.takeIdleLocked()
	if len(p.workers) == 0 {
		p.doneLocked()
	}
	p.tick.stop()
	p.watch.stop() // but not rescue, which is needed as long as there is a queue
	// A job may have been queued for a worker that is running its last
	// callbacks, and those may last.
	started := p.growLocked()
	p.mu.Unlock()
	wakeAll(slices.Concat(leaving, started))
	return inside
}

// doneLocked declares that nothing is left. It is called once.
func (p *ThreadPool) doneLocked() {
	close(p.done)
	closed(p)
}

// takeIdleLocked empties the stack of idle workers; the caller wakes them, and
// they leave.
func (p *ThreadPool) takeIdleLocked() []*threadWorker {
	idle := p.idle
	p.idle = nil
	return idle
}

// breakDown makes the pool useless: first, and everything queued, fails.
func (p *ThreadPool) breakDown(reason error, first *Job) {
	p.mu.Lock()
	news := p.broken == nil
	if news {
		p.broken = &BrokenPoolError{Pool: p.cfg.Name, Err: reason}
	}
	broken := p.broken
	jobs := []*Job{first}
	for j := p.queue.pop(); j != nil; j = p.queue.pop() {
		jobs = append(jobs, j)
	}
	p.room.refuse(broken)
	leaving := p.takeIdleLocked()
	p.mu.Unlock()
	if news {
		p.observer.warn().Error("executor: the pool is broken", KeyPool, p.cfg.Name, KeyError, message(reason))
	}
	for _, w := range leaving {
		w.signal.send() // without a job: leave
	}
	eachOf(jobs, func(j *Job) { j.Fail(broken) })
}

// stillRunning describes what keeps Shutdown from finishing.
func (p *ThreadPool) stillRunning(cause error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &ShutdownError{Pool: p.cfg.Name, Running: p.runningLocked(), Queued: p.queue.Len(), Cause: cause}
}

// Running returns the jobs that run at this moment, the longest first.
func (p *ThreadPool) Running() []RunningJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.runningLocked()
}

func (p *ThreadPool) runningLocked() []RunningJob {
	var running []RunningJob
	now := sinceEpoch()
	for w := range p.workers {
		if j := w.job; j != nil {
			running = append(running, RunningJob{
				ID:       j.ID(),
				Function: j.Name(),
				Worker:   w.state.Name(),
				For:      max(0, time.Duration(now-max(w.began.Load(), j.place.Since))),
			})
		}
	}
	slices.SortFunc(running, func(a, b RunningJob) int { return cmp.Compare(b.For, a.For) })
	return running
}
