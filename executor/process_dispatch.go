package executor

import (
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

const (
	// maxPrefetch leaves half of the claims for calls that were taken back
	// and that the worker has not passed over yet.
	maxPrefetch = proc.ClaimSlots / 2

	// prefetchFor is how much work a worker may have ahead. What is sent
	// ahead waits no longer than that behind others, unless they take longer
	// than they used to, and then it is taken back.
	prefetchFor = 200 * time.Microsecond

	// oneAhead is up to which run time of its present call a worker gets one
	// more in any case if many wait, so that it need not wait for the parent
	// in between. If an idle worker could run that one, it steals it; and
	// when the present call takes longer than expected it is taken back.
	oneAhead = 5 * time.Millisecond

	// worthStealing is how long a call must have to wait to be better off
	// on an idle worker, which has to be woken.
	worthStealing = 50 * time.Microsecond

	// sendInline is the longest argument that is copied into the ring while
	// the pool's mutex is held; longer ones have a goroutine of their own.
	sendInline = 32 << 10
)

// takeIdleLocked returns an idle worker for a job that need not queue, the one
// that became idle last: its caches are warm, and the others can leave. It returns
// nil if there is none, or if those that are at work are enough.
func (p *ProcessPool) takeIdleLocked(job *Job) *processWorker {
	n := len(p.idle)
	if n == 0 || p.queue.len() > 0 || len(p.returned) > 0 || p.enoughLocked(job.costs) {
		return nil
	}
	w := p.idle[n-1]
	p.idle[n-1] = nil
	p.idle = p.idle[:n-1]
	w.isIdle = false
	return w
}

// handOverLocked starts job on the idle worker w. It reports true if the job's
// context has ended: see begin.
func (p *ProcessPool) handOverLocked(w *processWorker, job *Job) (expired bool) {
	started, expired := begin(job, job.submitted) // a moment ago
	if started {
		p.sendLocked(w, p.callLocked(job))
		w.wakeLocked()
	} else {
		p.idleLocked(w)
	}
	return expired
}

func (p *ProcessPool) callLocked(job *Job) *processCall {
	function, arg, _ := job.Encode() // done before, and kept until the job is finished
	var call *processCall
	if n := len(p.spare); n > 0 {
		call, p.spare = p.spare[n-1], p.spare[:n-1]
	} else {
		call = new(processCall)
	}
	*call = processCall{job: job, function: function, arg: arg, costs: job.costs}
	return call
}

// idleLocked puts w among the idle workers, or sends it away if nothing can come
// any more.
func (p *ProcessPool) idleLocked(w *processWorker) {
	if w.isIdle || w.state != workerReady {
		return
	}
	if !w.mayTakeLocked() {
		w.leaveLocked()
		return
	}
	if p.phase != poolOpen && p.queue.len() == 0 && len(p.returned) == 0 {
		w.leaveLocked()
		return
	}
	w.isIdle, w.asked = true, 0
	w.idleSince = time.Now()
	p.idle = append(p.idle, w)
	p.reapLaterLocked(p.cfg.IdleTimeout)
}

// serveIdleLocked gives waiting calls to idle workers.
func (p *ProcessPool) serveIdleLocked() {
	for len(p.idle) > 0 && (p.queue.len() > 0 || len(p.returned) > 0) && !p.leaveAsleepLocked() {
		n := len(p.idle)
		w := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		w.isIdle = false
		p.refillLocked(w)
	}
}

// refillLocked gives w what it should have: one call if it has none, and further
// ones if that does not delay them. It wakes w once for all of them. If there is
// nothing to do, w is idle.
func (p *ProcessPool) refillLocked(w *processWorker) {
	if w.state != workerReady || w.streaming {
		return
	}
	sent, now := false, sinceEpoch()
	// A fair share: the last calls of the queue should not all wait inside
	// one worker.
	waiting := p.queue.len() + len(p.returned)
	share := max(1, waiting/max(1, len(p.workers)))
	for taken := 0; w.state == workerReady && !w.streaming && w.mayTakeLocked(); taken++ {
		if w.load > 0 && (taken >= share || !p.aheadLocked(w)) {
			break
		}
		call := p.nextLocked(w, now)
		if call == nil {
			break
		}
		p.sendLocked(w, call)
		sent = true
	}
	if w.load == 0 && w.state == workerReady && w.mayTakeLocked() {
		if call := p.stealLocked(w); call != nil {
			p.sendLocked(w, call)
			sent = true
		}
	}
	if sent {
		w.wakeLocked()
	}
	if w.load == 0 {
		p.idleLocked(w)
	}
}

// aheadLocked reports whether the busy worker w may get one more call.
func (p *ProcessPool) aheadLocked(w *processWorker) bool {
	if w.load > p.cfg.Prefetch || w.windowFull() || w.ahead > float64(oneAhead) {
		return false
	}
	return w.ahead <= float64(prefetchFor) || w.load == 1 && p.queue.len()+len(p.returned) >= len(p.workers)
}

// stealLocked takes a call back from another worker for w, which has none: the
// first of those that will wait there the longest.
func (p *ProcessPool) stealLocked(w *processWorker) *processCall {
	var victim *processWorker
	most := float64(worthStealing)
	for _, o := range p.workers {
		if o != w && o.load > 1 && o.ahead > most && o.state == workerReady && !o.streaming {
			victim, most = o, o.ahead
		}
	}
	if victim == nil {
		return nil
	}
	head := true
	for i := range victim.flights {
		f := &victim.flights[i]
		if f.call == nil {
			continue
		}
		if !head && victim.child.Claims.Revoke(f.id) {
			return victim.recalledLocked(f)
		}
		head = false
	}
	return nil
}

// nextLocked takes the next waiting call, for w. If w is busy and the call is not
// one to wait behind what w has, it returns nil.
func (p *ProcessPool) nextLocked(w *processWorker, now int64) *processCall {
	suits := func(c *costs) bool {
		return w.load == 0 || w.ahead > float64(prefetchFor) || w.load == 1 && c.run > float64(prefetchFor) ||
			c.known && w.ahead+c.run <= float64(prefetchFor)
	}
	for p.queue.len() > 0 || len(p.returned) > 0 {
		if p.returnedFirstLocked() {
			call := p.returned[0]
			if !suits(call.costs) {
				return nil
			}
			p.returned[0] = nil
			p.returned = p.returned[1:]
			if len(p.returned) == 0 {
				p.returned = nil
			}
			return call
		}
		job := p.queue.first()
		if !suits(job.costs) {
			return nil
		}
		p.queue.pop()
		started, expired := begin(job, now)
		if started {
			return p.callLocked(job)
		}
		if expired {
			// Settling it runs foreign code, which must not find the
			// mutex held.
			p.carrier.Go(func() { job.Start() })
		}
	}
	return nil
}

// sendLocked hands call to w, which has room for it in its claims.
func (p *ProcessPool) sendLocked(w *processWorker, call *processCall) {
	w.lastID++
	call.worker, call.id, call.expect = w, w.lastID, call.costs.run
	if w.load == 0 {
		w.began, w.late = sinceEpoch(), false
		if w.asked == 0 {
			w.asked = w.began
		}
	}
	w.launchLocked(call)
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
// and nobody who submits work may have to wait for that.
func (w *processWorker) streamLocked(head, arg []byte) {
	w.streaming, w.streamed = true, len(arg)
	w.streams.Add(1)
	w.pool.carrier.Go(func() {
		err := w.child.Transport.Stream(head, arg, func() {}, w.alive)
		w.streams.Done()
		p := w.pool
		p.mu.Lock()
		w.streaming = false
		if err != nil {
			w.condemnLocked(err)
		} else {
			p.refillLocked(w)
		}
		p.reconcileLocked()
		p.mu.Unlock()
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

// takeBackLocked takes the calls back that w has not begun, in front of the
// queue, so that they need not wait for the one that it runs. It is part of an event.
func (p *ProcessPool) takeBackLocked(w *processWorker) {
	if w.streaming {
		return // its message is on its way; it is long, and alone
	}
	var back []*processCall
	head := true // the worker has it, or is about to
	for i := range w.flights {
		f := &w.flights[i]
		if f.call != nil && head {
			head = false
			continue
		}
		if f.call != nil && w.child.Claims.Revoke(f.id) {
			back = append(back, w.recalledLocked(f))
		}
	}
	if len(back) == 0 {
		return
	}
	p.returnLocked(back...)
}
