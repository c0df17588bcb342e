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
// included, and returns when the last worker process is gone. If ctx ends first
// it returns a [*ShutdownError] that lists what still runs; the pool goes on
// winding up. To stop what runs call [ProcessPool.Terminate] or
// [ProcessPool.Kill], to drop what waits [ProcessPool.CancelPending]. When it has
// waited 5 s for a call that was canceled and goes on, the log gets a warning.
//
// It may be called repeatedly and concurrently. In a task it suspends the task;
// in a bare callback on a loop's goroutine it begins the shutdown and returns
// future.ErrWouldBlock, and in a callback that the pool itself calls
// [ErrInsideItself]. On a broken pool it returns nil when the workers are gone. It stands for shutdown(wait=True), and with a context that has ended for
// shutdown(wait=False).
func (p *ProcessPool) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	if p.phase == poolOpen {
		p.phase = poolClosing
		p.room.refuse(ErrShutdown)
	}
	p.reconcileLocked()
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

// sendHomeLocked lets the workers go that have nothing to do any more.
func (p *ProcessPool) sendHomeLocked() {
	if p.phase == poolOpen || p.queue.len() > 0 || len(p.returned) > 0 {
		return
	}
	p.idle = nil
	for _, w := range p.workers {
		if w.load == 0 || w.state == workerInitializing {
			w.isIdle = false
			w.leaveLocked()
		}
	}
}

// maybeDoneLocked closes done when nothing is left.
func (p *ProcessPool) maybeDoneLocked() {
	if p.phase == poolOpen || p.closed || len(p.workers) > 0 || p.queue.len() > 0 || len(p.returned) > 0 {
		return
	}
	p.closed = true
	for _, t := range []*time.Timer{p.backoff.timer, p.reaper, p.watch} {
		if t != nil {
			t.Stop()
		}
	}
	p.held.Release()
	close(p.done)
	p.output.close()
	closed(p)
}

// unfinished describes what keeps the pool from being done.
func (p *ProcessPool) unfinished(cause error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &ShutdownError{Pool: p.cfg.Name, Running: p.runningLocked(), Queued: p.queue.len() + len(p.returned), Cause: cause}
}

func (p *ProcessPool) runningLocked() []RunningJob {
	var list []RunningJob
	for _, w := range p.workers {
		for _, f := range w.flights {
			if f.call == nil || f.call.job == nil {
				continue
			}
			if w.state == workerDead || w.child.Claims.Untouched(f.id) {
				break // it is on its way
			}
			list = append(list, RunningJob{
				ID: f.call.job.ID(), Function: f.call.job.Name(), Worker: w.name(), PID: w.child.PID, For: w.ranFor(),
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
	calls := p.returned
	p.returned = nil
	for _, w := range slices.Clone(p.workers) {
		for i := range w.flights {
			f := &w.flights[i]
			if f.call != nil && f.call.job != nil && w.state != workerDead && w.child.Claims.Revoke(f.id) {
				calls = append(calls, w.recalledLocked(f))
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
		for _, w := range slices.Clone(p.workers) {
			if w.load == 0 {
				p.refillLocked(w)
			}
		}
		p.reconcileLocked()
	}()
	defer eachOf(jobs, func(j *Job) {
		if j.CallOff(errPendingCanceled) {
			n++
		}
	})
	eachOf(calls, func(c *processCall) { c.job.cancelStarted(future.Canceled(errPendingCanceled)) })
	return n
}

// cancelStarted settles a started job as canceled, whoever asked for it.
func (j *Job) cancelStarted(cause error) {
	if j.finish(outcomeCanceled) {
		j.work.settleCanceled(cause)
	}
}

// Terminate ends the pool at once: calls that no worker has begun are canceled,
// the workers get SIGTERM, and the calls that they were running fail with a
// [*CrashError] unless they handle the signal; Retry and BreakOnCrash do not count.
// The signal is raised inside the worker, at this pool's word: one that comes from
// anywhere else a worker drops (see [Main]). A worker that is stopped, or too stuck
// to hear the word, takes [ProcessPool.Kill].
// It does not wait: call Shutdown for that. Further calls are refused with
// [ErrShutdown]. It may be called repeatedly and after Shutdown. It stands for
// terminate_workers().
func (p *ProcessPool) Terminate() { p.stop(syscall.SIGTERM) }

// Kill is [ProcessPool.Terminate] with SIGKILL, which nothing can handle. It
// stands for kill_workers().
func (p *ProcessPool) Kill() { p.stop(syscall.SIGKILL) }

func (p *ProcessPool) stop(sig syscall.Signal) {
	p.mu.Lock()
	p.stopped, p.stopSignal = true, sig
	if p.phase == poolOpen {
		p.phase = poolClosing
		p.room.refuse(ErrShutdown)
	}
	p.mu.Unlock()
	p.CancelPending()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range slices.Clone(p.workers) {
		if w.child != nil && w.state != workerDead {
			w.signal(sig)
		}
		if w.load == 0 {
			w.leaveLocked()
		}
	}
	p.reconcileLocked()
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
	for j := p.queue.pop(); j != nil; j = p.queue.pop() {
		jobs = append(jobs, j)
	}
	calls := p.returned
	p.returned = nil
	for _, w := range p.workers {
		for i := range w.flights {
			if c := w.flights[i].call; c != nil && c.job != nil {
				calls = append(calls, c)
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
	p.reconcileLocked()
	p.mu.Unlock()
	p.cfg.Logger.Error("executor: a process pool is broken", "pool", p.cfg.Name, "error", err)
	for _, c := range calls {
		jobs = append(jobs, c.job)
	}
	p.apart(func() { eachOf(jobs, func(j *Job) { j.Fail(broken) }) })
}
