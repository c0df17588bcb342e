package executor

import (
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

const (
	// impatience is how long the reader waits for the next result before it
	// takes the calls back that wait behind a long one, and settles down to
	// wait at no cost.
	impatience = 200 * time.Microsecond

	// drainAtOnce is how many results are settled before the goroutines that
	// wait for them get a turn.
	drainAtOnce = 16
)

// hot counts the readers of this process that sleep in a futex. Such a sleep is
// the fastest to wake from, but holds a P: one reader at a time may do it, and
// none if there is only one P.
var hot atomic.Int32

// read settles the results that come from the worker, until it is gone and all
// that it left is settled.
//
// It waits in three ways. For impatience after the last event it sleeps in a
// futex, or on its bell if another reader has the futex. After that it takes back
// what can go elsewhere, asks to be told of cancellations, and waits for its bell:
// the worker's message, which comes through the runtime's poller and wakes no
// thread before its time. With nothing in flight it rests until it is kicked.
func (w *processWorker) read() {
	t := w.child.Transport
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	gone := false
	for stage := hopeful; ; {
		n, err := w.drain()
		if err != nil {
			w.pool.mu.Lock()
			w.condemnLocked(err)
			w.pool.mu.Unlock()
			return
		}
		if n > 0 {
			stage = hopeful
			// What was settled woke somebody, who is next on this P:
			// let him go on before this goroutine sleeps with it.
			runtime.Gosched()
			continue
		}
		if gone {
			return
		}
		if !w.alive() {
			gone = true // one more round: what it wrote before is still there
			continue
		}
		next, timeout := w.prospect(stage)
		switch {
		case next == hopeful && takeHot():
			w.spin()
			if !t.Ready() {
				t.Wait(impatience)
			}
			hot.Add(-1)
			if !t.Ready() {
				next = settled
			}
		default:
			if !t.Park() {
				break
			}
			if timeout <= 0 {
				<-w.bell
			} else {
				timer.Reset(timeout)
				select {
				case <-w.bell:
					timer.Stop()
				case <-timer.C:
					if next < patient {
						next++
					}
				}
			}
			t.Unpark()
		}
		if next == resting {
			next = hopeful
		}
		stage = next
	}
}

// How a reader waits. The first three follow each other.
const (
	hopeful = iota // the result may come at any moment
	settled        // it will take its time: cancellation is listened for
	patient        // what waited behind it was taken back
	resting        // nothing is in flight
)

// prospect says how to wait, and for how long before the next stage, 0 for ever.
// It prepares that: a call that takes its time is watched for its cancellation,
// which those that end before are spared the price of; and from a worker whose
// call takes longer than expected what it has ahead is taken back.
func (w *processWorker) prospect(stage int) (next int, timeout time.Duration) {
	p := w.pool
	p.mu.Lock()
	defer func() {
		w.reading = next
		p.mu.Unlock()
	}()
	if w.load == 0 {
		if !w.streaming {
			return resting, 0
		}
		// What it was sent was taken back meanwhile; it must read it all
		// the same before it can have another call.
		left := w.stuckIn(w.streamed)
		if left <= 0 {
			w.condemnLocked(errStuck)
		}
		return resting, max(left, 0)
	}
	head := w.headCallLocked()
	if stage == hopeful && (!head.costs.known || head.costs.run < float64(impatience)) {
		return hopeful, impatience
	}
	w.behindLocked()
	stuck := time.Duration(0) // until the worker counts as stuck; 0 if it does not
	if w.child.Claims.Untouched(head.id) {
		stuck = w.stuckIn(len(head.arg))
		if stuck <= 0 {
			w.condemnLocked(errStuck)
			return patient, 0
		}
	}
	if stage < patient {
		w.watchLocked()
		if w.load == 1 {
			return settled, stuck
		}
		if wait := time.Duration(2*head.expect) + impatience - w.ranFor(); wait > 0 {
			return settled, wait
		}
	}
	p.takeBackLocked(w)
	w.watchLocked()
	return patient, stuck
}

// A worker that has nothing else to do and does not take a call within this time
// is stopped, by SIGSTOP say. It is killed, and the call goes elsewhere: what has
// not begun is not lost.
const (
	stuckAfter  = time.Second
	stuckPerMiB = 4 * time.Millisecond // of the call's argument, which it has to read first
)

// stuckIn returns how long the worker may still take to begin a call with an
// argument of n bytes.
func (w *processWorker) stuckIn(n int) time.Duration {
	return stuckAfter + time.Duration(n>>20)*stuckPerMiB - w.ranFor()
}

var errStuck = errors.New("it did not take a call for a second")

// spinTime is how long the reader looks for a result before it sleeps: a short
// call's comes within that, and sleeping and waking cost more.
const spinTime = 20 * time.Microsecond

func (w *processWorker) spin() {
	t := w.child.Transport
	for begin := time.Now(); time.Since(begin) < spinTime; {
		for range 32 {
			if t.Ready() {
				return
			}
		}
	}
}

// watchLocked arranges to be told when the calls that the worker has, and those
// that were taken back from it, are canceled.
func (w *processWorker) watchLocked() {
	p := w.pool
	watch := func(call *processCall) {
		if call == nil || call.job == nil || call.watched {
			return
		}
		call.watched = true
		// On a goroutine: OnCancel calls back at once if it is late.
		job := call.job
		p.carrier.Go(func() { job.OnCancel(func(cause error) { p.cancelCall(call, cause) }) })
	}
	for _, f := range w.flights {
		watch(f.call)
	}
	p.timeLocked(w)
	for _, call := range p.returned {
		watch(call)
	}
}

func takeHot() bool {
	if hot.Add(1) < int32(min(2, runtime.GOMAXPROCS(0))) {
		return true
	}
	hot.Add(-1)
	return false
}

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
