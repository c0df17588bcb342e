package executor

import "time"

// startLook is how often a worker that starts is looked at, as long as it does.
const startLook = time.Second

// watchStart sees to it that a worker which is stopped while it starts, by SIGSTOP
// say, does not keep the calls waiting that it was started for: it is not counted
// any more as one that will soon take them, so others are started, as far as the
// pool may have more. One that is merely slow is left alone, for a machine that is
// slow to start workers is not helped by more of them; see StartTimeout.
func (w *processWorker) watchStart() {
	time.AfterFunc(startLook, func() {
		p := w.pool
		p.mu.Lock()
		defer p.mu.Unlock()
		if w.state >= workerReady || w.overdue {
			return
		}
		if w.child == nil || !w.child.Stopped() {
			w.watchStart()
			return
		}
		w.overdue = true
		p.starting--
		p.reconcileLocked()
	})
}

// startedLocked notes that w does not start any more: it is ready, leaves, or is dead.
func (w *processWorker) startedLocked() {
	if !w.overdue {
		w.pool.starting--
	}
}
