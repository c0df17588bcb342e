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

	// prefetchFor is for how long a worker may have work ahead. A call that
	// is sent ahead waits no longer than that behind others, unless they
	// take longer than they used to, and then it is taken back after
	// [impatience].
	prefetchFor = 200 * time.Microsecond

	// sendInline is the longest argument that is copied into the ring while
	// the pool's mutex is held; longer ones have a goroutine of their own.
	sendInline = 32 << 10
)

// takeIdleLocked returns an idle worker for a job that need not queue, the one
// that became idle last: its caches are warm, and the others can leave.
func (p *ProcessPool) takeIdleLocked() *processWorker {
	n := len(p.idle)
	if n == 0 || p.queue.len() > 0 || len(p.returned) > 0 {
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
	started, expired := begin(job)
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
	return &processCall{job: job, function: function, arg: arg, costs: p.costsLocked(job.Name())}
}

// idleLocked puts w among the idle workers, or sends it away if nothing can come
// any more.
func (p *ProcessPool) idleLocked(w *processWorker) {
	if w.isIdle || w.state != workerReady {
		return
	}
	if p.phase != poolOpen && p.queue.len() == 0 && len(p.returned) == 0 {
		w.leaveLocked()
		return
	}
	w.isIdle = true
	w.idleSince = time.Now()
	p.idle = append(p.idle, w)
}

// serveIdleLocked gives waiting calls to idle workers.
func (p *ProcessPool) serveIdleLocked() {
	for len(p.idle) > 0 && (p.queue.len() > 0 || len(p.returned) > 0) {
		n := len(p.idle)
		w := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		w.isIdle = false
		p.refillLocked(w)
	}
}

// refillLocked gives w what it should have: one call if it has none, and further
// ones if they are expected to be short. It wakes w once for all of them. If
// there is nothing to do, w is idle.
func (p *ProcessPool) refillLocked(w *processWorker) {
	if w.state != workerReady || w.streaming {
		return
	}
	sent := false
	var ahead float64 // nanoseconds of work that w has
	for _, f := range w.flights {
		if f.call != nil {
			ahead += f.call.costs.run
		}
	}
	// A fair share: the last calls of the queue should not all wait inside
	// one worker.
	share := max(1, (p.queue.len()+len(p.returned))/max(1, len(p.workers)))
	for taken := 0; w.state == workerReady && !w.streaming; taken++ {
		if w.load > 0 && (w.load > p.cfg.Prefetch || taken >= share || ahead > float64(prefetchFor) || w.windowFull()) {
			break
		}
		call := p.nextLocked(func(c *costs) bool {
			return w.load == 0 || c.known && ahead+c.run <= float64(prefetchFor)
		})
		if call == nil {
			break
		}
		ahead += call.costs.run
		p.sendLocked(w, call)
		sent = true
	}
	if sent {
		w.wakeLocked()
	}
	if w.load == 0 {
		p.idleLocked(w)
	}
}

// nextLocked takes the next waiting call if it suits. Jobs whose context has
// ended are left for expireLater.
func (p *ProcessPool) nextLocked(suits func(*costs) bool) *processCall {
	for len(p.returned) > 0 {
		call := p.returned[0]
		if !suits(call.costs) {
			return nil
		}
		p.returned = p.returned[1:]
		if len(p.returned) == 0 {
			p.returned = nil
		}
		return call
	}
	for p.queue.len() > 0 {
		job := p.queue.first()
		if !suits(p.costsLocked(job.Name())) {
			return nil
		}
		p.queue.pop()
		p.admitLocked()
		started, expired := begin(job)
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
	call.worker, call.id, call.handed = w, w.lastID, time.Now()
	if w.load == 0 {
		w.began = call.handed
	}
	w.flights = append(w.flights, flight{id: call.id, call: call})
	w.load++
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
	} else if deadline, ok := call.job.parent.Deadline(); ok {
		c.Deadline = deadline.UnixNano()
	}
	w.head = c.AppendHead(w.head[:0])
	return w.head
}

// streamLocked sends a message that is too long for one piece, or for the room
// that there is, on a goroutine of its own: the worker reads it at its own pace,
// and nobody who submits work may have to wait for that.
func (w *processWorker) streamLocked(head, arg []byte) {
	w.streaming = true
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
		p.mu.Unlock()
	})
}

// wakeLocked wakes the worker, and the goroutine that reads its results if that
// has gone to sleep for good.
func (w *processWorker) wakeLocked() {
	// The mutex keeps the memory mapped: a worker is released under it.
	w.child.Transport.Wake()
	if w.resting {
		w.resting = false
		w.kick()
	}
}

// takeBackLocked takes the calls back that w has not begun, in front of the
// queue, so that they need not wait for the one that it runs.
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
			back = append(back, f.call)
			f.call.worker = nil
			f.call = nil
			w.load--
		}
	}
	if len(back) == 0 {
		return
	}
	p.returned = append(back, p.returned...)
	p.growLocked()
	p.serveIdleLocked()
}
