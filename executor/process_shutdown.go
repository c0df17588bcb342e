package executor

import (
	"context"
	"slices"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// Shutdown refuses further jobs, finishes those that were accepted, queued ones
// included, and returns when the last worker process is gone. If ctx ends first it
// returns a [*ShutdownError] that lists what still runs; the pool goes on winding up.
// To stop what runs call [ProcessPool.Terminate] or [ProcessPool.Kill], to drop what
// waits [ProcessPool.CancelPending]. When it has waited 5 s for a call that was
// canceled and goes on, the log gets a warning.
//
// If a worker dies meanwhile, the next one takes its place, and Shutdown waits for
// that. It may be called repeatedly and concurrently; after the end it returns nil at
// once. In a task it suspends the task; in a bare callback on a loop's goroutine it
// begins the shutdown and returns future.ErrWouldBlock, and in a callback that the
// pool itself calls [ErrInsideItself]. On a broken pool it returns nil when the
// workers are gone. It stands for shutdown(wait=True), and with a context that has
// ended for shutdown(wait=False).
func (p *ProcessPool) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	p.closeLocked()
	p.reconcileLocked(sinceEpoch())
	p.mu.Unlock()
	if p.inside() {
		return ErrInsideItself
	}
	defer watchShutdown(ctx, p.cfg.Name, p.log, p.runningJobs)()
	return whose.Block(ctx, func(ctx context.Context) error {
		select {
		case <-p.done:
		default:
			select {
			case <-p.done:
			case <-ctx.Done():
				return p.unfinished(context.Cause(ctx))
			}
		}
		p.carrier.Wait()
		return nil
	})
}

// inside reports whether one of the pool's own goroutines calls, from a callback.
func (p *ProcessPool) inside() bool { return p.carrier.inside() }

// closeLocked refuses further jobs.
func (p *ProcessPool) closeLocked() {
	if p.phase == poolOpen {
		p.phase = poolClosing
		p.room.refuse(ErrShutdown)
		p.sched.Close()
	}
}

// doneLocked closes done, for nothing is left.
func (p *ProcessPool) doneLocked() {
	if p.closed {
		return
	}
	p.closed = true
	for _, t := range []*time.Timer{p.backoff.timer, p.reaper} {
		if t != nil {
			t.Stop()
		}
	}
	p.watch.stop()
	p.held.Release()
	close(p.done)
	p.output.close()
	closed(p)
}

// unfinished describes what keeps the pool from being done.
func (p *ProcessPool) unfinished(cause error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &ShutdownError{Pool: p.cfg.Name, Running: p.runningLocked(), Queued: p.sched.Waiting(), Cause: cause}
}

func (p *ProcessPool) runningLocked() []RunningJob {
	var list []RunningJob
	for _, sw := range p.sched.Workers() {
		w := sw.Of
		for _, f := range w.Flights() {
			job := jobOf(f.Call)
			if job == nil {
				continue
			}
			if w.child.Claims.Untouched(f.ID) {
				break // it is on its way
			}
			list = append(list, RunningJob{
				ID: job.ID(), Function: job.Name(), Worker: w.name(), PID: w.child.PID, For: w.ranFor(),
			})
			break // those behind it have not begun
		}
	}
	slices.SortFunc(list, func(a, b RunningJob) int { return int(b.For - a.For) })
	return list
}

// CancelPending cancels every call that no worker has begun and returns how many
// there were. It does not wait, and may be called at any time, during a Shutdown
// too. With Shutdown after it, it stands for shutdown(cancel_futures=True).
func (p *ProcessPool) CancelPending() (n int) {
	p.mu.Lock()
	jobs := p.queue.all()
	var calls []*processCall
	for _, place := range p.sched.TakenBack() {
		p.sched.Drop(place)
		calls = append(calls, place.Of.begun)
	}
	for _, w := range p.sched.Workers() {
		for _, f := range w.Flights() {
			if job := jobOf(f.Call); job != nil && w.Of.recallLocked(f.Call) {
				calls = append(calls, job.begun)
			}
		}
	}
	calls = slices.DeleteFunc(calls, func(c *processCall) bool { return !c.settleLocked() })
	p.mu.Unlock()
	n = len(calls)
	// Deferred, like what eachOf does: callbacks of the futures may end this
	// goroutine.
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.reconcileLocked(sinceEpoch())
	}()
	defer eachOf(jobs, func(j *Job) {
		if j.CallOff(errPendingCanceled) {
			n++
		}
	})
	eachOf(calls, func(c *processCall) { c.job.cancelStarted(future.Canceled(errPendingCanceled)) })
	return n
}

// cancelStarted settles a started job as canceled, whatever asked for it.
func (j *Job) cancelStarted(cause error) {
	if j.finish(outcomeCanceled) {
		j.tellEnd(cause)
		j.work.settleCanceled(cause)
	}
}

// Terminate ends the pool at once: calls that no worker has begun are canceled, the
// workers get SIGTERM, and the calls of those that die of it fail with a
// [*CrashError]; Retry and BreakOnCrash do not count. The signal is raised inside the
// worker, at this pool's word: one that comes from anywhere else a worker drops (see
// [Main]). A worker that is stopped, or too stuck to hear the word, takes
// [ProcessPool.Kill]. It does not wait: call Shutdown for that. Further calls are
// refused with [ErrShutdown]. It may be called repeatedly and after Shutdown. It
// stands for terminate_workers().
func (p *ProcessPool) Terminate() { p.stop(syscall.SIGTERM) }

// Kill is [ProcessPool.Terminate] with SIGKILL, which nothing can handle: every worker
// dies, and the calls that they were running fail with a [*CrashError]. It does not
// wait. Called again, or after Shutdown, it signals the workers that are left. It
// stands for kill_workers().
func (p *ProcessPool) Kill() { p.stop(syscall.SIGKILL) }

func (p *ProcessPool) stop(sig syscall.Signal) {
	p.mu.Lock()
	p.stopped, p.stopSignal = true, sig
	p.closeLocked()
	p.mu.Unlock()
	p.CancelPending()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, sw := range p.sched.Workers() {
		if w := sw.Of; w.child != nil && w.state != workerDead {
			w.signal(sig)
		}
	}
	p.reconcileLocked(sinceEpoch())
}

// fail breaks the pool: everything that is in it fails, nothing more is accepted
// and the workers are killed.
func (p *ProcessPool) fail(err error) {
	broken := &BrokenPoolError{Pool: p.cfg.Name, Err: err}
	p.mu.Lock()
	if p.phase == poolBroken {
		p.mu.Unlock()
		return
	}
	p.phase, p.broken = poolBroken, err
	p.room.refuse(broken)
	var jobs []*Job
	var calls []*processCall
	for _, place := range p.sched.Break() {
		if call := place.Of.begun; call != nil {
			calls = append(calls, call)
		} else {
			jobs = append(jobs, place.Of)
		}
	}
	for _, sw := range p.sched.Workers() {
		w := sw.Of
		for _, f := range w.Flights() {
			if job := jobOf(f.Call); job != nil {
				calls = append(calls, job.begun)
			}
		}
		if w.killed == nil {
			w.killed = broken
		}
		if w.child != nil && w.state != workerDead {
			w.child.Kill()
		}
	}
	calls = slices.DeleteFunc(calls, func(c *processCall) bool { return !c.settleLocked() })
	p.reconcileLocked(sinceEpoch())
	p.mu.Unlock()
	p.cfg.Logger.Error("executor: a process pool is broken", KeyPool, p.cfg.Name, KeyError, err)
	for _, c := range calls {
		jobs = append(jobs, c.job)
	}
	p.apart(func() { eachOf(jobs, func(j *Job) { j.Fail(broken) }) })
}
