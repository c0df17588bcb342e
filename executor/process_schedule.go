package executor

import (
	"cmp"
	"log/slog"
	"math"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/sched"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// reconcileLocked does what the scheduler decides, until there is nothing more to do,
// so that whenever the pool's mutex is free the following holds:
//
//   - as many calls are queued as MaxPending allows, if callers wait for room;
//   - what [sched.Scheduler.Next] promises of calls and workers;
//   - those that wait for the pool to be ready, or done, know it.
//
// Every event ends with it: a call that was accepted, a result, a cancellation, the
// start and the death of a worker, a new limit, the shutdown and each timer. Nothing
// else does any of its parts, so no event can forget one. There is one exception:
// a call that goes straight to an idle worker while nothing waits changes nothing
// of the above; see [ProcessPool.acceptLocked].
//
// now is in nanoseconds since epoch.
func (p *ProcessPool) reconcileLocked(now int64) {
	for {
		for p.room.len() > 0 && !p.sched.Full() {
			p.enqueueLocked(p.room.admit())
		}
		switch d := p.sched.Next(now); d.Do {
		case sched.Start:
			p.startLocked()
		case sched.Give:
			p.giveLocked(d.Worker.Of, d.Call, now)
		case sched.Recall:
			if d.Worker.Of.recallLocked(d.Call) {
				p.sched.Return(d.Call)
			} else {
				p.sched.Kept(d.Worker, d.Call)
			}
		case sched.Leave:
			d.Worker.Of.leaveLocked()
		case sched.Nothing:
			if p.room.len() > 0 && !p.sched.Full() {
				continue // what was given made room
			}
			p.endOfEventLocked()
			return
		}
	}
}

// endOfEventLocked tells all that wait what has changed.
func (p *ProcessPool) endOfEventLocked() {
	for i, w := range p.unwoken {
		w.wakeLocked()
		p.unwoken[i] = nil
	}
	p.unwoken = p.unwoken[:0]
	if p.cfg.IdleTimeout > 0 {
		p.reapLaterLocked()
	}
	p.announceLocked()
	if p.sched.Settled() {
		p.doneLocked()
	}
}

// acceptLocked finds a worker or a place in the queue for job. Without an error,
// accepted is false when there is neither. expired is as in begin.
func (p *ProcessPool) acceptLocked(job *Job) (accepted, expired bool, err error) {
	if err := p.refusalLocked(); err != nil {
		return false, false, err
	}
	if w := p.sched.Take(&job.place); w != nil {
		started, expired := begin(job, job.place.Since) // a moment ago
		if started {
			p.sendLocked(w.Of, p.callLocked(job))
			w.Of.wakeLocked()
		} else {
			p.sched.Serve(w)
			p.reconcileLocked(job.place.Since)
		}
		return true, expired, nil
	}
	if p.sched.Full() {
		return false, false, nil
	}
	p.enqueueLocked(job)
	p.reconcileLocked(job.place.Since)
	return true, false, nil
}

func (p *ProcessPool) enqueueLocked(job *Job) {
	p.sched.Accept(&job.place)
	p.queue.pushed(job)
	p.watchWaitLocked()
}

// refusalLocked returns why the pool accepts nothing, or nil.
func (p *ProcessPool) refusalLocked() error {
	switch p.phase {
	case poolOpen:
		return nil
	case poolBroken:
		return p.brokenError()
	default:
		return ErrShutdown
	}
}

func (p *ProcessPool) brokenError() error { return &BrokenPoolError{Pool: p.cfg.Name, Err: p.broken} }

// dropJob takes a job that was called off out of the queue, so that it holds
// neither room nor memory there.
func (p *ProcessPool) dropJob(j *Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sched.Drop(&j.place)
	p.reconcileLocked(sinceEpoch())
}

// giveLocked sends what has waited to w. A job that was called off, or whose context
// has ended, at this moment is not sent.
func (p *ProcessPool) giveLocked(w *processWorker, c *sched.Call[Job], now int64) {
	job := c.Of
	call := job.begun
	if call == nil { // no worker had it before
		started, expired := begin(job, now)
		if expired {
			// Settling it runs foreign code, which must not find the
			// mutex held.
			p.carrier.Go(func() { job.Start() })
		}
		if !started {
			return
		}
		call = p.callLocked(job)
	}
	p.sendLocked(w, call)
	if len(p.unwoken) == 0 || p.unwoken[len(p.unwoken)-1] != w {
		p.unwoken = append(p.unwoken, w)
	}
}

// sendInline is the longest argument that is copied into the ring while the pool's
// mutex is held; longer ones have a goroutine of their own. BenchmarkProcessArgument
// shows no difference around it.
const sendInline = 32 << 10

// sendLocked hands call to w, which has room for it in its claims.
func (p *ProcessPool) sendLocked(w *processWorker, call *processCall) {
	if w.Load() == 0 {
		w.began = sinceEpoch()
		w.asked = w.began // not when it was sent what has been taken back since, and of which it tells nothing
	}
	call.worker = w
	call.id = p.sched.Launch(&w.Worker, call.placeOf()).ID
	head := w.headLocked(call)
	w.child.Claims.Offer(call.id)
	if len(call.arg) <= sendInline {
		sent, err := w.child.Transport.Send(head, call.arg)
		if err != nil {
			w.condemnLocked(err)
			return
		}
		if sent {
			return
		}
	}
	w.streamLocked(append([]byte(nil), head...), call.arg)
}

// headLocked encodes what goes in front of the argument.
func (w *processWorker) headLocked(call *processCall) []byte {
	c := wire.Call{ID: call.id, Kind: wire.CallTask, Attempt: call.attempt, Function: call.function}
	if call.job == nil {
		c.Kind = wire.CallInit
	} else if l := call.job.late.Load(); l != nil {
		c.Deadline = l.deadline
	}
	w.head = c.AppendHead(w.head[:0])
	return w.head
}

// streamLocked sends a message that is too long for one piece, or for the room
// that there is, on a goroutine of its own: the worker reads it at its own pace,
// and what submits work must not have to wait for that.
func (w *processWorker) streamLocked(head, arg []byte) {
	p := w.pool
	p.sched.Occupy(&w.Worker)
	w.streamed = len(arg)
	w.streams.Add(1)
	p.carrier.Go(func() {
		defer w.streams.Done()
		err := w.child.Transport.Stream(head, arg, func() {}, w.alive)
		p.mu.Lock()
		defer p.mu.Unlock()
		if err != nil {
			w.condemnLocked(err) // and it stays occupied
			return
		}
		p.sched.Free(&w.Worker)
		p.reconcileLocked(sinceEpoch())
	})
}

// wakeLocked wakes the worker, and the goroutine that reads its results: what that
// waits for is not what it was. There is no need when it is that goroutine which
// sends, or when it looks again soon.
func (w *processWorker) wakeLocked() {
	// The mutex keeps the memory mapped: a worker is released under it.
	w.child.Transport.Wake()
	if !w.landing && w.reading != hopeful {
		w.kick()
	}
}

// recallLocked takes a call back from w, and reports whether w had not begun it. It
// goes nowhere by that.
func (w *processWorker) recallLocked(c *sched.Call[Job]) bool {
	call := c.Of.begun
	if w.state == workerDead || !w.child.Claims.Revoke(call.id) {
		return false
	}
	call.worker = nil
	w.pool.sched.Recalled(&w.Worker, c)
	return true
}

// takeBackLocked takes the calls back that w has not begun, so that they need not wait
// for the one that it runs. It is part of an event.
func (p *ProcessPool) takeBackLocked(w *processWorker) {
	if w.Occupied() {
		return // its message is on its way; it is long, and alone
	}
	head := true // the worker has it, or is about to
	for _, f := range w.Flights() {
		if f.Call == nil {
			continue
		}
		if !head && w.recallLocked(f.Call) {
			p.returnLocked(f.Call.Of.begun)
		}
		head = false
	}
}

// returnLocked puts a started call back among those that wait for a worker.
func (p *ProcessPool) returnLocked(call *processCall) {
	if call.settled {
		return // as all are when the pool breaks: it waits for nothing
	}
	if call.timer != nil && call.canceled == nil {
		call.timer.Stop() // its time begins anew elsewhere
		call.timer = nil
	}
	p.sched.Return(&call.job.place)
	p.watchWaitLocked()
}

// watchWaitLocked arranges for a look at the calls that wait when one of them has
// waited for as long as is worth a warning.
func (p *ProcessPool) watchWaitLocked() {
	if p.cfg.WarnAfter != 0 {
		p.watch.after(p.cfg.WarnAfter, p.warnOfWaiting)
	}
}

// warnOfWaiting logs that calls wait, with what keeps the workers, and looks again
// as long as any do.
func (p *ProcessPool) warnOfWaiting() {
	p.mu.Lock()
	p.watch.rang()
	next := jobOf(p.sched.First())
	if next == nil {
		p.mu.Unlock()
		return
	}
	waited := time.Duration(sinceEpoch() - p.waitingSinceLocked())
	if waited < p.cfg.WarnAfter {
		p.watch.after(p.cfg.WarnAfter-waited, p.warnOfWaiting)
		p.mu.Unlock()
		return
	}
	running := p.runningLocked()
	queued, starting := p.sched.Waiting(), p.sched.Starting()
	p.watchWaitLocked()
	p.mu.Unlock()
	longest, pid := "", 0
	if len(running) > 0 {
		longest, pid = running[0].Function+" for "+running[0].For.Round(time.Millisecond).String(), running[0].PID
	}
	p.cfg.Logger.Warn("executor: calls wait long for a worker process: raise Workers, or look at what runs",
		KeyPool, p.cfg.Name, KeyQueued, queued, KeyNext, next.Name(), KeyWaited, waited, KeyStarting, starting, KeyRunning, len(running), KeyLongest, longest, KeyPID, pid)
}

// waitingSinceLocked returns since when the oldest of the calls waits that do.
func (p *ProcessPool) waitingSinceLocked() int64 {
	since := int64(math.MaxInt64)
	if p.queue.Len() > 0 {
		since = p.queue.Oldest()
	}
	for _, c := range p.sched.TakenBack() {
		since = min(since, cmp.Or(c.Of.begun.retried, c.Since))
	}
	return since
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
	if w.Retiring() {
		return nil
	}
	reason, text := 0, ""
	switch now := time.Now(); {
	case p.cfg.MaxTasks > 0 && w.Finished() >= p.cfg.MaxTasks:
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
	p.sched.Retire(&w.Worker)
	p.recycled++
	level := slog.LevelDebug
	if p.announced&reason == 0 {
		// Once: a pool that recycles does it all the time.
		p.announced |= reason
		level = slog.LevelInfo
	}
	p.takeBackLocked(w)
	calls := w.Finished()
	return func() {
		p.cfg.Logger.Log(p.context(), level, "executor: a worker process is replaced, because "+text, KeyPool, p.cfg.Name, KeyWorker, w.name(), KeyCalls, calls)
	}
}

// reapLaterLocked sends workers away that have been idle for long.
func (p *ProcessPool) reapLaterLocked() {
	since, idle := p.sched.IdleSince()
	if !idle || p.reaper != nil || p.phase != poolOpen {
		return
	}
	p.reaper = time.AfterFunc(p.cfg.IdleTimeout-time.Duration(sinceEpoch()-since), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.reaper = nil
		now := sinceEpoch()
		p.sched.Expire(now - int64(p.cfg.IdleTimeout))
		p.reconcileLocked(now)
	})
}
