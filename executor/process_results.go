package executor

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/sourcegraph/conc/panics"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/child"
	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
	"github.com/seed-1b9fde7b/asyncgo/internal/safelog"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

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
	if r.HasHandles() {
		// Without an answer: if it fails the worker is gone.
		defer func() { _ = w.child.Control.Send(wire.Message{Kind: wire.Release, ID: r.ID}, -1) }()
	}
	switch {
	case r.IsReport():
		w.reported(r, l.job)
	case r.IsError():
		if l.job != nil {
			l.job.Fail(DecodeRemoteError(r.Body))
		}
	case l.job != nil:
		// A long result is the last of its batch, so the transport still
		// has it and can give it away.
		owned := len(r.Body) > maxScratch/drainAtOnce && codec.MayBePart(r.Body) && w.child.Transport.Keep()
		_ = l.job.work.resolve(r.Body, owned) // the error is the future's
	}
}

// decodedAll lets the worker go, if it is to leave, now that what it holds for
// the parent was asked for.
func (w *processWorker) decodedAll() {
	p := w.pool
	p.mu.Lock()
	w.decoding = false
	p.sched.Unpin(&w.Worker)
	p.reconcileLocked(sinceEpoch())
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
	var initFailed *landed
	var announce func()
	p.mu.Lock()
	finished := w.Finished()
	w.landing = true
	now := sinceEpoch()
	for i := range w.batch {
		l := &w.batch[i]
		if l.result.IsReport() {
			if head := w.Head(); head.ID == l.result.ID {
				l.job = jobOf(head.Call)
			}
			continue
		}
		if l.result.HasHandles() {
			w.decoding = true
			p.sched.Pin(&w.Worker)
		}
		place, err := p.sched.Landed(&w.Worker, l.result.ID)
		if err != nil {
			err = fmt.Errorf("%w: %w: %d", wire.ErrGarbage, err, l.result.ID)
			w.batch = w.batch[:i]
			w.landing = false
			p.mu.Unlock()
			return err
		}
		if place.Of == nil {
			switch {
			case !l.result.IsError():
				w.readyLocked()
			case w.state != workerLeaving:
				initFailed = l
			}
			continue
		}
		place.Costs.Add(l.result.Run)
		call := place.Of.begun
		if call.settleLocked() {
			l.job = place.Of
			if !w.Occupied() { // as it should be, now that there is a result
				l.arg = call.arg
			}
			p.spareLocked(call)
		}
	}
	w.reading, w.arrived = hopeful, now
	if w.Finished() > finished {
		w.began, w.asked = now, 0
		if w.Load() > 0 {
			w.asked = now
		}
		p.backoff.deaths = 0
		announce = w.dueLocked()
	}
	p.reconcileLocked(now)
	w.landing = false
	p.mu.Unlock()
	if announce != nil {
		announce()
	}
	if initFailed != nil {
		// Decoded here: registered errors have methods that are not ours.
		p.fail(&InitError{Worker: w.name(), Err: DecodeRemoteError(initFailed.result.Body)})
	}
	return nil
}

// What settles futures runs code of others: their callbacks, and those for
// reports. A panic in it is caught where it is called; runtime.Goexit, which
// t.FailNow uses, cannot be caught, and must not take the pool with it.

// attend settles what the worker sends until it is gone, and buries it. If a
// callback ends the goroutine, another goes on where it was.
func (w *processWorker) attend() {
	defer func() {
		if w.settling {
			w.pool.carrier.Go(w.attend)
		}
	}()
	w.settleBatch()
	w.read()
	w.bury(nil)
}

// settleBatch settles what is left of a batch of results.
func (w *processWorker) settleBatch() {
	w.settling = true
	observed := w.next < len(w.batch) && w.pool.observed()
	for w.next < len(w.batch) {
		l := &w.batch[w.next]
		w.next++
		if l.job != nil && !l.result.IsReport() {
			l.job.ran(w.arrived)
		}
		if observed && l.job != nil && !l.result.IsReport() {
			w.deliverObserved(l)
		} else {
			w.deliver(l)
		}
		codec.Release(l.arg)
	}
	w.settling = false
	if w.decoding {
		w.decodedAll()
	}
	clear(w.batch)
	w.batch, w.next = w.batch[:0], 0
}

// apart runs fn, which settles futures, on a goroutine that may end, and waits for
// it: this one has more to do.
func (p *ProcessPool) apart(fn func()) {
	done := make(chan struct{})
	p.carrier.Go(func() {
		defer close(done)
		fn()
	})
	<-done
}

// reported passes on what a call says while it runs. job is nil if no call runs. What
// takes the report is foreign code, whose panic must not end the reader.
func (w *processWorker) reported(r wire.Result, job *Job) {
	switch r.Status {
	case wire.ReportProgress:
		if job != nil {
			w.progressed(r.Body, job)
		}
	case wire.ReportLog:
		w.logged(r.Body, job)
	}
}

func (w *processWorker) progressed(report []byte, job *Job) {
	var err error
	r := panics.Try(func() {
		// The context may be of a type of the user too.
		if sink, ok := job.parent.Value(progressKey).(progressSink); ok {
			err = sink.encoded(report)
		}
	})
	if r != nil {
		w.pool.cfg.Logger.Error("executor: a progress callback panicked", KeyWorker, w.name(), KeyFunction, job.Name(), KeyPanic, r.Value, KeyStack, string(r.Stack))
	}
	if err != nil {
		w.pool.cfg.Logger.Warn("executor: a progress report was lost", KeyWorker, w.name(), KeyFunction, job.Name(), KeyError, err)
	}
}

// logged gives a log record of the worker to the pool's logger, with the names of
// the worker and of the call.
func (w *processWorker) logged(b []byte, job *Job) {
	var wr child.Record
	if err := codec.Unmarshal(b, &wr); err != nil {
		w.pool.cfg.Logger.Warn("executor: a log record was lost", KeyWorker, w.name(), KeyError, err)
		return
	}
	ctx := context.Background()
	if job != nil {
		ctx = job.parent
	}
	h := w.pool.cfg.Logger.Handler()
	if level := slog.Level(wr.Level); h.Enabled(ctx, level) {
		r := slog.NewRecord(time.Unix(0, wr.Time), level, wr.Message, 0)
		r.AddAttrs(slog.String(KeyWorker, w.name()), slog.Int(KeyPID, w.child.PID))
		if job != nil {
			r.AddAttrs(slog.String(KeyFunction, job.Name()), slog.Uint64(KeyJob, job.ID()))
		}
		for _, a := range wr.Attrs {
			r.AddAttrs(slog.Any(a.Key, a.Value))
		}
		_ = h.Handle(ctx, r) // there is nothing to tell it to
	}
}

// lowestLevel is the level below which the pool's logger wants no records.
func (p *ProcessPool) lowestLevel() slog.Level {
	h := p.cfg.Logger.Handler()
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn} {
		if h.Enabled(context.Background(), level) {
			return level
		}
	}
	return slog.LevelError
}

// observed reports whether the pool's log wants a record for every call. It is
// asked once for a batch of results.
func (p *ProcessPool) observed() bool {
	return safelog.Debug(p.context(), p.cfg.Logger)
}

// deliverObserved is deliver with a record of how the call ended.
func (w *processWorker) deliverObserved(l *landed) {
	job := l.job
	seen := job.observe()
	w.deliver(l)
	attrs := []any{
		KeyPool, w.pool.cfg.Name, KeyWorker, w.name(), KeyPID, w.child.PID, KeyFunction, job.Name(), KeyJob, job.ID(),
		KeyWaited, time.Duration(job.started - job.place.Since), KeyRan, time.Duration(l.result.Run),
	}
	if err := seen.err; err != nil {
		attrs = append(attrs, KeyError, message(err))
	}
	w.pool.cfg.Logger.DebugContext(w.pool.context(), "job "+seen.outcome.String(), attrs...)
}
