package executor

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

// outputWait is how long a call waits for the last words of its worker at most: they
// come within drainTime, unless the machine is busy or their writer is stuck.
const outputWait = time.Second

// bury ends the worker's time: the process is ended if it is not already, what
// it has finished is settled, the call that it was running fails, those that it
// had not begun go to others, and a new worker takes its place. startErr says
// why it did not come up, if so.
func (w *processWorker) bury(startErr error) {
	p := w.pool
	if w.child != nil {
		w.end()
	}
	p.mu.Lock()
	was := w.state
	w.state = workerDead
	crashed := w.partLocked()
	if w.killed == nil && w.pushed != nil && slices.Contains(crashed, w.pushed) {
		w.killed = fmt.Errorf("it ignored its cancellation for %v (Grace)", p.cfg.Grace)
	}
	switch {
	case was == workerLeaving:
		startErr = nil // it did as it was told, however far it had come
	case was < workerReady && startErr == nil:
		startErr = fmt.Errorf("it died while it ran the initializer: %w", w.crash(nil))
	}
	idleDeath := was == workerReady && len(crashed) == 0 && w.killed == nil
	breaks := p.cfg.BreakOnCrash && idleDeath && p.phase == poolOpen
	p.mu.Unlock()
	// Not before: until the worker counts as dead it may be sent another call, and
	// the memory of its transport must outlast that.
	w.streams.Wait()

	if breaks {
		// A death between two calls has no call to break the pool with.
		p.fail(w.crash(nil))
	}
	// Not before: code that sees that the worker is gone sees a broken pool.
	p.mu.Lock()
	p.sched.Gone(&w.Worker)
	p.mu.Unlock()
	if w.child != nil {
		handoff.RemovePeer(w.peer)
		w.child.Release()
	}
	p.apart(func() { eachOf(crashed, func(call *processCall) { p.crashed(w, call) }) })
	p.succeed(w, startErr, len(crashed) > 0 || was == workerReady)
}

// end kills the process, waits for its end and settles what it left.
func (w *processWorker) end() {
	select {
	case <-w.gone:
		// It is gone, or has ended its socket and may be going. Only one
		// that was told to leave gets time for it.
		w.pool.mu.Lock()
		leaving := w.state == workerLeaving
		w.pool.mu.Unlock()
		if !leaving {
			w.endSoon()
		}
	default:
		w.child.Kill()
	}
	<-w.exited
	w.pool.mu.Lock()
	if w.stopTimer != nil {
		w.stopTimer.Stop()
	}
	w.pool.mu.Unlock()
	w.setGone(nil)
	for {
		if n, err := w.drain(); n == 0 || err != nil {
			break
		}
	}
	wait := time.NewTimer(outputWait)
	defer wait.Stop()
	select {
	case <-w.said:
	case <-wait.C:
	}
}

// endSoon kills a worker whose socket has ended. The socket of a process ends
// before its parent can wait for it, so it gets a moment to die of what it is
// dying of: otherwise this would be the signal that the error names. If it is not
// dying at all it has lost its socket.
func (w *processWorker) endSoon() {
	moment := time.NewTimer(10 * time.Millisecond)
	defer moment.Stop()
	select {
	case <-w.exited:
		return
	case <-moment.C:
	}
	if w.goneErr == nil && !w.child.Exiting() {
		w.pool.mu.Lock()
		if w.killed == nil {
			w.killed = errSocketClosed
		}
		w.pool.mu.Unlock()
	}
	w.child.Kill()
}

var errSocketClosed = errors.New("its control socket was closed, by something in it that closes descriptors which are not its own")

// partLocked shares out the calls of a dead worker: those that it had not begun
// go back in front of the queue, those that it had are returned. Once the process
// is gone the claims do not change any more.
func (w *processWorker) partLocked() (crashed []*processCall) {
	p := w.pool
	for _, f := range p.sched.Dead(&w.Worker) {
		job := jobOf(f.Call)
		if job == nil || job.begun.settled {
			continue
		}
		call := job.begun
		call.worker = nil
		if w.child.Claims.Untouched(f.ID) {
			p.returnLocked(call)
		} else {
			crashed = append(crashed, call)
		}
	}
	return crashed
}

// crash describes the worker's death. call is what it was running, nil if
// nothing.
func (w *processWorker) crash(call *processCall) *CrashError {
	e := &CrashError{Worker: w.name(), ExitCode: w.exit.Code, Signal: w.exit.Signal, Stderr: w.tail.text(dumped(w.exit.String()))}
	if w.child != nil {
		e.PID = w.child.PID
	}
	switch {
	case w.killed != nil:
		e.Err = w.killed
	case w.goneErr != nil:
		e.Err = w.goneErr
	case w.exit.Err != nil:
		e.Err = w.exit.Err
	}
	if call != nil {
		e.Function = call.job.Name()
		e.Ran = w.ranFor()
	}
	return e
}

// crashed settles a call that its worker died of, or tries it again.
func (p *ProcessPool) crashed(w *processWorker, call *processCall) {
	crash := w.crash(call)
	p.mu.Lock()
	if p.cfg.BreakOnCrash && call.canceled == nil && !p.stopped {
		p.mu.Unlock()
		p.fail(crash)
		p.settle(call, &BrokenPoolError{Pool: p.cfg.Name, Err: crash})
		return
	}
	if p.retryLocked(call) {
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	var err error = crash
	if call.canceled != nil {
		err = fmt.Errorf("%w; the call did not stop, and its worker was ended: %w", call.canceled, crash)
	} else if call.attempt > 0 {
		err = &PoisonError{Function: call.job.Name(), Attempts: int(call.attempt) + 1, Err: crash}
	}
	p.settle(call, err)
}

// settle fails a call unless its outcome is decided already.
func (p *ProcessPool) settle(call *processCall, err error) {
	p.mu.Lock()
	decided := call.settleLocked()
	p.mu.Unlock()
	if decided {
		call.job.Fail(err)
	}
}

// maxStartFailures is how many workers in a row may fail to come up before the
// pool is broken: what keeps the first from it is rarely different for the fourth.
const maxStartFailures = 4

// succeed sees to it that the pool has the workers that it needs after w is gone.
func (p *ProcessPool) succeed(w *processWorker, startErr error, crashed bool) {
	p.mu.Lock()
	if crashed || startErr != nil {
		p.crashes++
		if w.Finished() == 0 {
			p.backoff.failed()
		}
	}
	warning, err := "", error(nil)
	if startErr != nil && p.phase != poolBroken && !p.stopped {
		short, warn, tooLong := p.shortLocked(w, startErr)
		if tooLong != nil {
			startErr = tooLong
		}
		err = w.startError(startErr)
		if !short {
			p.failures++
		}
		switch {
		case short:
			warning = warn
		case tooLong != nil || p.failures >= maxStartFailures || p.cfg.BreakOnCrash:
			p.mu.Unlock()
			p.fail(err)
			p.mu.Lock()
		default:
			warning = "executor: a worker process did not come up"
		}
	} else if crashed && p.phase != poolBroken {
		warning, err = "executor: a worker process died", w.crash(nil)
		if w.killed != nil {
			warning = "executor: a worker process was ended"
		}
		if p.phase == poolOpen {
			// Before there is a call for it: a pool that had four workers
			// has four again.
			p.sched.Want(len(p.sched.Workers()) + 1)
		}
	}
	p.reconcileLocked(sinceEpoch())
	p.mu.Unlock()
	if warning != "" {
		p.meter.errors.add(w.name(), err)
		p.cfg.Logger.Warn(warning, KeyPool, p.cfg.Name, KeyWorker, w.name(), KeyError, err)
	}
}

// startError says why the worker did not come up.
func (w *processWorker) startError(err error) *StartError {
	e := &StartError{Worker: w.name(), Exit: w.exit.String(), Stderr: w.tail.text(dumped(w.exit.String())), Err: err}
	if w.child != nil {
		e.PID = w.child.PID
	} else {
		e.Exit = ""
	}
	return e
}
