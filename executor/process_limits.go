package executor

import (
	"context"
	"log/slog"
	"slices"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

const maxRetry = 100

// validateLimits checks the fields about how long workers and calls may last.
func (cfg *ProcessConfig) validateLimits(bad func(field string, value any, remedy string) error) error {
	const orNone = "it must be positive, or zero for no limit"
	switch {
	case cfg.Timeout < 0:
		return bad("Timeout", cfg.Timeout, orNone)
	case cfg.Retry < 0 || cfg.Retry > maxRetry:
		return bad("Retry", cfg.Retry, "it must be from 0 to 100")
	case cfg.MaxTasks < 0:
		return bad("MaxTasks", cfg.MaxTasks, orNone)
	case cfg.MaxAge < 0:
		return bad("MaxAge", cfg.MaxAge, orNone)
	case cfg.MaxRSS < 0:
		return bad("MaxRSS", cfg.MaxRSS, orNone)
	case cfg.MemoryLimit < 0:
		return bad("MemoryLimit", cfg.MemoryLimit, orNone)
	case cfg.IdleTimeout < 0:
		return bad("IdleTimeout", cfg.IdleTimeout, "it must be positive, or zero for workers that stay")
	}
	return nil
}

// Why workers are replaced.
const (
	dueTasks = 1 << iota
	dueAge
	dueRSS
)

// rssEvery is how often a worker's size is looked at; it costs some microseconds.
const rssEvery = 50 * time.Millisecond

// dueLocked is called when calls of w have ended. It decides whether w is to be
// replaced, and returns what tells the log of it, to be called without the mutex;
// nil if it is not.
func (w *processWorker) dueLocked() (announce func()) {
	p := w.pool
	if w.retiring {
		return nil
	}
	reason, text := 0, ""
	switch now := time.Now(); {
	case p.cfg.MaxTasks > 0 && w.finished >= p.cfg.MaxTasks:
		reason, text = dueTasks, "it has run its number of calls"
	case p.cfg.MaxAge > 0 && now.Sub(w.started) >= p.cfg.MaxAge:
		reason, text = dueAge, "it has reached its age"
	case p.cfg.MaxRSS > 0 && now.Sub(w.sized) >= rssEvery:
		w.sized = now
		if w.child.RSS() <= p.cfg.MaxRSS {
			return nil
		}
		reason, text = dueRSS, "it has become too large"
	default:
		return nil
	}
	w.retiring = true
	p.recycled++
	level := slog.LevelDebug
	if p.announced&reason == 0 {
		// Once: a pool that recycles does it all the time.
		p.announced |= reason
		level = slog.LevelInfo
	}
	p.takeBackLocked(w)
	calls := w.finished
	return func() {
		p.cfg.Logger.Log(p.context(), level, "executor: a worker process is replaced, because "+text, "pool", p.cfg.Name, "worker", w.name(), "calls", calls)
	}
}

// mayTakeLocked reports whether w may get another call as far as its limits and
// the number of workers are concerned.
func (w *processWorker) mayTakeLocked() bool {
	limit := w.pool.cfg.MaxTasks
	return !w.retiring && (limit == 0 || w.finished+w.load < limit) && !w.pool.surplusLocked()
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

// reapLaterLocked sends workers away that have been idle for long.
func (p *ProcessPool) reapLaterLocked(after time.Duration) {
	if p.cfg.IdleTimeout == 0 || p.reaper != nil || p.phase != poolOpen {
		return
	}
	p.reaper = time.AfterFunc(after, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.reaper = nil
		now := time.Now()
		for len(p.idle) > 0 {
			w := p.idle[0] // idle for the longest time
			if left := p.cfg.IdleTimeout - now.Sub(w.idleSince); left > 0 {
				p.reapLaterLocked(left)
				return
			}
			p.idle = slices.Delete(p.idle, 0, 1)
			w.isIdle = false
			w.leaveLocked()
		}
		p.reconcileLocked()
	})
}

// cancelCall is told that a started call was canceled, or that the context of its
// submission ended. A call that no worker has begun ends now. A running one is
// asked to stop through its context, and if that is in vain its worker is ended.
func (p *ProcessPool) cancelCall(call *processCall, cause error) {
	// The methods of the cause are not ours: they are not called with the mutex
	// held.
	text := message(cause)
	// A deadline stays one, whoever comes first with the news: that of the context,
	// or somebody who cancels the future because it has passed.
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
	if p.recallLocked(call) {
		call.settleLocked()
		p.reconcileLocked()
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
		// stopped. Nobody who cancels may have to wait for that.
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
	call := w.headCallLocked()
	if p.cfg.Timeout == 0 || call == nil || call.job == nil || call.timer != nil || call.canceled != nil {
		return
	}
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

// recallLocked takes a call back that no worker has begun.
func (p *ProcessPool) recallLocked(call *processCall) bool {
	if i := slices.Index(p.returned, call); i >= 0 {
		p.returned = slices.Delete(p.returned, i, i+1)
		return true
	}
	w := call.worker
	if w == nil || w.state == workerDead || !w.child.Claims.Revoke(call.id) {
		return false
	}
	for i := range w.flights {
		if f := &w.flights[i]; f.call == call {
			w.recalledLocked(f)
		}
	}
	if w.load == 0 && time.Duration(sinceEpoch()-w.asked) > untakenFor && w.child.Stopped() {
		// It would get the next call, which would end in the same way.
		w.condemnLocked(errStuck)
	}
	p.refillLocked(w)
	w.kick()
	// The reader may sleep for as long as the call that was taken back was to
	// run; nobody else would watch what came in its place.
	w.watchLocked()
	return true
}

// push ends the worker of a call that does not stop, first by a signal that the
// program may handle.
func (p *ProcessPool) push(call *processCall, sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if call.settled || call.worker == nil {
		return
	}
	call.worker.signal(sig)
	call.worker.pushed = call
	if sig != syscall.SIGKILL {
		call.timer = time.AfterFunc(p.cfg.Grace, func() { p.push(call, syscall.SIGKILL) })
	}
}
