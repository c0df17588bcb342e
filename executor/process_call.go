package executor

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/sched"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A processCall is one call that was started: it is with a worker, or was taken
// back from one. The pool's mutex guards everything that changes.
type processCall struct {
	job      *Job // nil for the initializer
	function string
	arg      []byte
	attempt  uint8
	retried  int64            // since when it waits to be tried again, in nanoseconds since epoch; 0 at first
	place    *sched.Call[Job] // of an initializer; that of any other is its job's

	worker *processWorker // that has it; nil if none has
	id     uint64         // of the call on that worker

	watched  bool        // the job tells cancelCall of a cancellation
	canceled error       // why it was canceled, nil if it was not
	timer    *time.Timer // of the next step against a call that does not stop
	settled  bool        // its outcome is decided
}

// placeOf returns what the call is to the scheduler.
func (c *processCall) placeOf() *sched.Call[Job] {
	if c.job != nil {
		return &c.job.place
	}
	return c.place
}

// initializer returns the call that runs first in a worker.
func (p *ProcessPool) initializer() *processCall {
	return &processCall{function: p.initial.function, arg: p.initial.arg, place: &sched.Call[Job]{Costs: new(sched.Costs)}}
}

// checkSize refuses what the transport cannot carry.
func checkSize(function string, arg []byte) error {
	if len(function) > wire.MaxName {
		return fmt.Errorf("executor: the name of a function has %d bytes, the limit is %d", len(function), wire.MaxName)
	}
	if n := len(arg) + len(function) + 64; n > wire.MaxMessage {
		return fmt.Errorf("executor: the argument of %q has %d bytes, the limit is %d: hand over shared memory instead", function, len(arg), wire.MaxMessage)
	}
	return nil
}

// maxCosts bounds what is remembered. Calls may have names of their own, and a
// program may make up a new one for every call.
const maxCosts = 1024

// costsLocked returns the costs of the calls with a name.
func (p *ProcessPool) costsLocked(name string) *sched.Costs {
	c := p.costs[name]
	if c == nil {
		if len(p.costs) >= maxCosts {
			clear(p.costs)
		}
		c = new(sched.Costs)
		p.costs[name] = c
	}
	return c
}

// callLocked returns the call that a job becomes when it begins.
func (p *ProcessPool) callLocked(job *Job) *processCall {
	function, arg, _ := job.Encode() // done before, and kept until the job is finished
	var call *processCall
	if n := len(p.spare); n > 0 {
		call, p.spare = p.spare[n-1], p.spare[:n-1]
	} else {
		call = new(processCall)
	}
	// What is not set here is as it was made; see spareLocked.
	call.job, call.function, call.arg = job, function, arg
	job.begun = call
	return call
}

// noteDeadline keeps the deadline of the submission for when the job is sent, under
// the pool's mutex, where its context, which may be the user's, cannot be asked.
func (j *Job) noteDeadline() {
	deadline, ok := j.parent.Deadline()
	if !ok {
		return
	}
	j.mu.Lock()
	j.lateLocked().deadline = proc.MonotonicOf(deadline)
	j.mu.Unlock()
}

// begin is Job.Start for a caller that holds the pool's mutex. Start may settle
// the future of a job whose context has ended, which runs foreign code, so here
// such a job is only told from the others: for expired, the caller calls Start
// when it has let go of the mutex. now is in nanoseconds since epoch: reading the
// clock costs as much as the rest.
func begin(j *Job, now int64) (started, expired bool) {
	if j.parentEnded() {
		return false, true
	}
	if !j.phase.CompareAndSwap(phaseQueued, phaseStarted) {
		return false, false
	}
	if m := j.meter; m != nil {
		j.started = now
		m.waited.record(time.Duration(j.started - j.place.Since))
	}
	if !j.work.setRunning() {
		if j.finish(outcomeCanceled) && j.late.Load() != nil {
			go j.tellEnd(future.Canceled(nil)) // not under the mutex
		}
		return false, false
	}
	return true, false
}

// maxSpare bounds the calls that are kept for reuse.
const maxSpare = 256

// spareLocked keeps a settled call for the next job, unless it may still
// be looked at.
func (p *ProcessPool) spareLocked(call *processCall) {
	if call.watched || call.canceled != nil || call.attempt > 0 || len(p.spare) >= maxSpare {
		return
	}
	call.job.begun = nil
	// Field by field, which takes a third of the time that all of it takes.
	call.job, call.arg, call.settled = nil, nil, false
	p.spare = append(p.spare, call)
}

// settleLocked decides that the call is settled by the caller. It reports false
// if it is settled already.
func (c *processCall) settleLocked() bool {
	if c.settled {
		return false
	}
	c.settled = true
	c.worker = nil
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	return true
}

// retryLocked puts a call that its worker died of back among those that wait, if
// it may be tried again.
func (p *ProcessPool) retryLocked(call *processCall) bool {
	if int(call.attempt) >= p.cfg.Retry || call.canceled != nil || call.settled || p.stopped || p.phase == poolBroken {
		return false
	}
	call.attempt++
	call.retried = sinceEpoch()
	p.returnLocked(call)
	return true
}

// cancelCall is told that a started call was canceled, or that the context of its
// submission ended. A call that no worker has begun ends now. A running one is
// asked to stop through its context, and if that is in vain its worker is ended.
func (p *ProcessPool) cancelCall(call *processCall, cause error) {
	// The methods of the cause are not ours: they are not called with the mutex
	// held.
	text := message(cause)
	// A deadline stays one, whatever comes first with the news: that of the context,
	// or code that cancels the future because it has passed.
	overdue := isDeadline(cause) || isDeadline(call.job.parent.Err())
	p.mu.Lock()
	if call.settled || call.canceled != nil {
		p.mu.Unlock()
		return
	}
	call.canceled = cause
	if call.timer != nil {
		call.timer.Stop()
		call.timer = nil
	}
	if w := call.worker; p.dropLocked(call) {
		call.settleLocked()
		p.reconcileLocked(sinceEpoch())
		if w != nil {
			// Its reader may sleep for as long as the call that was taken
			// back was to run; nothing else would watch what came in its
			// place.
			w.watchLocked()
		}
		p.mu.Unlock()
		call.job.Fail(cause)
		return
	}
	w := call.worker
	if w == nil {
		p.mu.Unlock() // its worker has just died
		return
	}
	if p.cfg.Grace >= 0 {
		call.timer = time.AfterFunc(p.cfg.Grace, func() { p.push(call, syscall.SIGTERM) })
	}
	m := wire.Message{Kind: wire.Cancel, ID: call.id, Body: []byte(text)}
	if overdue {
		m.Aux = wire.CanceledDeadline
	}
	sent, err := w.child.Control.TrySend(m)
	if !sent && err == nil {
		// The socket is full: the worker is busy with earlier messages or
		// stopped. No caller of Cancel may have to wait for that.
		p.carrier.Go(func() { _ = w.child.Control.Send(m, -1) })
	}
	p.mu.Unlock()
}

// isDeadline calls no method of err, which may be foreign.
func isDeadline(err error) bool {
	return err == context.DeadlineExceeded //nolint:errorlint // see above; a context's Err wraps nothing
}

// timeLocked arranges for the call that w runs to be ended when it is overdue.
func (p *ProcessPool) timeLocked(w *processWorker) {
	job := jobOf(w.Head().Call)
	if p.cfg.Timeout == 0 || job == nil || job.begun.timer != nil || job.begun.canceled != nil {
		return
	}
	call := job.begun
	// The worker ends the call's context by itself at that time.
	call.timer = time.AfterFunc(p.cfg.Timeout-w.ranFor(), func() { p.overdue(w, call) })
}

// overdue ends a call that has run for longer than Timeout. One that its worker has
// not begun is not overdue: the worker is stuck, which its reader finds out.
func (p *ProcessPool) overdue(w *processWorker, call *processCall) {
	p.mu.Lock()
	switch {
	case call.worker != w || call.timer == nil: // it went elsewhere at this moment
		p.mu.Unlock()
		return
	case w.state != workerDead && w.child.Claims.Untouched(call.id):
		w.began = sinceEpoch()
		call.timer.Reset(p.cfg.Timeout)
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	p.cancelCall(call, context.DeadlineExceeded)
}

// dropLocked takes a canceled call back that no worker has begun, and reports whether it
// could.
func (p *ProcessPool) dropLocked(call *processCall) bool {
	place := &call.job.place
	if p.sched.Drop(place) {
		return true
	}
	w := call.worker
	if w == nil || !w.recallLocked(place) {
		return false
	}
	if w.Load() == 0 && time.Duration(sinceEpoch()-w.asked) > untakenFor && w.child.Stopped() {
		// It would get the next call, which would end in the same way.
		w.condemnLocked(errStuck)
	}
	w.kick()
	return true
}

// push ends the worker of a call that does not stop, first by a signal that the
// program may handle.
func (p *ProcessPool) push(call *processCall, sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := call.worker
	if call.settled || w == nil || w.isBeyondLocked(call) {
		return // its result is here, or about to come
	}
	w.pushed = call
	if sig == syscall.SIGKILL {
		w.child.Kill()
	} else {
		w.child.Terminate(call.id)
		call.timer = time.AfterFunc(p.cfg.Grace, func() { p.push(call, syscall.SIGKILL) })
	}
}

// isBeyondLocked reports whether the worker has begun another call since call: what is
// meant for call would hit that one.
func (w *processWorker) isBeyondLocked(call *processCall) bool {
	behind := false
	for _, f := range w.Flights() {
		if behind && f.Call != nil && !w.child.Claims.Untouched(f.ID) {
			return true
		}
		behind = behind || f.ID == call.id
	}
	return false
}
