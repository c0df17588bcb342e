package executor

import (
	"context"
	"slices"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// cancelCall is told that a started call was canceled, or that the context of its
// submission ended. A call that no worker has begun ends now. A running one is
// asked to stop through its context, and if that is in vain its worker is ended.
func (p *ProcessPool) cancelCall(call *processCall, cause error) {
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
		p.maybeDoneLocked()
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
	m := wire.Message{Kind: wire.Cancel, ID: call.id, Body: []byte(cause.Error())}
	if !future.IsCanceled(cause) {
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

// timeLocked arranges for the call that w runs to be ended when it is overdue.
func (p *ProcessPool) timeLocked(w *processWorker) {
	call := w.headCallLocked()
	if p.cfg.Timeout == 0 || call == nil || call.job == nil || call.timer != nil || call.canceled != nil {
		return
	}
	// The worker ends the call's context by itself at that time.
	call.timer = time.AfterFunc(p.cfg.Timeout-w.ranFor(), func() { p.cancelCall(call, context.DeadlineExceeded) })
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
	p.refillLocked(w)
	w.kick()
	// The reader may sleep for as long as the call that was taken back was to
	// run; nobody else would watch what came in its place.
	w.watchLocked()
	return true
}

// push sends a signal to the worker of a call that does not stop.
func (p *ProcessPool) push(call *processCall, sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if call.settled || call.worker == nil {
		return
	}
	_ = call.worker.child.Signal(sig)
	if sig != syscall.SIGKILL {
		call.timer = time.AfterFunc(p.cfg.Grace, func() { p.push(call, syscall.SIGKILL) })
	}
}
