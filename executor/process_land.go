package executor

import "github.com/seed-1b9fde7b/asyncgo/internal/wire"

// drainAtOnce is how many results are settled before the goroutines that wait for
// them get a turn.
const drainAtOnce = 16

// A landed is a result and its job.
type landed struct {
	result wire.Result
	job    *Job   // to settle; nil if there is none
	arg    []byte // what to release then
}

// drain settles the results that are there, up to a limit, and returns how many.
// It takes the pool's mutex once for all of them.
func (w *processWorker) drain() (n int, err error) {
	w.batch, w.scratch = w.batch[:0], w.scratch[:0]
	for len(w.batch) < drainAtOnce {
		var msg []byte
		var ok bool
		var r wire.Result
		if msg, ok, err = w.child.Transport.Recv(); err != nil || !ok {
			break
		}
		if r, err = wire.ParseResult(msg); err != nil {
			break
		}
		long := len(r.Body) > maxScratch/drainAtOnce
		if !long {
			// The message lives until the next Recv.
			from := len(w.scratch)
			w.scratch = append(w.scratch, r.Body...)
			r.Body = w.scratch[from:]
		}
		w.batch = append(w.batch, landed{result: r})
		if long {
			break
		}
	}
	if len(w.batch) == 0 {
		return 0, err
	}
	if lerr := w.land(); err == nil {
		err = lerr
	}
	n = len(w.batch)
	w.settleBatch()
	return n, err
}

// deliver settles the job of a result, or passes a report on.
func (w *processWorker) deliver(l *landed) {
	r := l.result
	if r.Status == wire.ResultHandles {
		// Without an answer: if it fails the worker is gone.
		defer func() { _ = w.child.Control.Send(wire.Message{Kind: wire.Release, ID: r.ID}, -1) }()
	}
	switch {
	case r.IsReport():
		w.reported(r, l.job)
	case r.Status == wire.ResultError:
		if l.job != nil {
			l.job.Fail(DecodeRemoteError(r.Body))
		}
	case l.job != nil:
		// A long result is the last of its batch, so the transport still
		// has it and can give it away.
		owned := len(r.Body) > maxScratch/drainAtOnce && mayBePart(r.Body) && w.child.Transport.Keep()
		_ = l.job.work.resolve(r.Body, owned) // the error is the future's
	}
}

// decodedAll lets the worker go, if it is to leave, now that what it holds for
// the parent was asked for.
func (w *processWorker) decodedAll() {
	p := w.pool
	p.mu.Lock()
	w.decoding = false
	if w.load == 0 && !w.isIdle {
		p.refillLocked(w)
	}
	p.sendHomeLocked()
	p.mu.Unlock()
}

// maxScratch bounds what is copied to be settled together.
const maxScratch = 64 << 10

// land finds the calls of a batch of results and gives the worker new ones.
func (w *processWorker) land() error {
	if cap(w.scratch) > 2*maxScratch {
		w.scratch = nil
	}
	p := w.pool
	var initErr error
	var announce func()
	finished := w.finished
	p.mu.Lock()
	w.landing = true
	now := sinceEpoch()
	for i := range w.batch {
		l := &w.batch[i]
		if l.result.IsReport() {
			if head := w.headCallLocked(); head != nil && head.id == l.result.ID {
				l.job = head.job
			}
			continue
		}
		w.decoding = w.decoding || l.result.Status == wire.ResultHandles
		call, err := w.landLocked(l.result.ID)
		if err != nil {
			w.batch = w.batch[:i]
			w.landing = false
			p.mu.Unlock()
			return err
		}
		if call.job == nil {
			if l.result.Status != wire.ResultError {
				w.readyLocked()
			} else {
				initErr = &InitError{Worker: w.name(), Err: DecodeRemoteError(l.result.Body)}
			}
			continue
		}
		call.costs.add(l.result.Run)
		w.finished++
		if call.settleLocked() {
			l.job = call.job
			l.job.arrived = now
			if !w.streaming { // as it should be, now that there is a result
				l.arg = call.arg
			}
			p.spareLocked(call)
		}
	}
	w.reading = hopeful
	if w.finished > finished {
		w.began, w.late = now, false
		p.backoff.reset()
		announce = w.dueLocked()
	}
	p.refillLocked(w)
	w.landing = false
	p.mu.Unlock()
	if announce != nil {
		announce()
	}
	if initErr != nil {
		p.fail(initErr)
	}
	return nil
}
