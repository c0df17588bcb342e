package executor

import (
	"fmt"
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
	for patient := true; ; {
		n, err := w.drain()
		if err != nil {
			w.pool.mu.Lock()
			w.condemnLocked(err)
			w.pool.mu.Unlock()
			return
		}
		if n > 0 {
			patient = true
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
		switch {
		case w.rest():
			if !t.Park() {
				w.wokenUp()
				continue
			}
			<-w.bell
			t.Unpark()
			w.wokenUp()
			patient = true
		case patient && w.expectsSoon() && takeHot():
			t.Wait(impatience)
			hot.Add(-1)
			if !t.Ready() {
				patient = false
			}
		case patient:
			if !t.Park() {
				continue
			}
			timer.Reset(impatience)
			select {
			case <-w.bell:
				timer.Stop()
			case <-timer.C:
				patient = false
			}
			t.Unpark()
		default:
			w.settleDown()
			if !t.Park() {
				patient = true
				continue
			}
			<-w.bell
			t.Unpark()
			patient = true
		}
	}
}

func takeHot() bool {
	if hot.Add(1) < int32(min(2, runtime.GOMAXPROCS(0))) {
		return true
	}
	hot.Add(-1)
	return false
}

// rest reports whether nothing is in flight; whoever sends the next call kicks
// the reader then.
func (w *processWorker) rest() bool {
	p := w.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	w.resting = w.load == 0
	return w.resting
}

func (w *processWorker) wokenUp() {
	w.pool.mu.Lock()
	w.resting = false
	w.pool.mu.Unlock()
}

// expectsSoon reports whether the call that runs is expected to be short.
func (w *processWorker) expectsSoon() bool {
	p := w.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range w.flights {
		if f.call != nil {
			return !f.call.costs.known || f.call.costs.run < float64(impatience)
		}
	}
	return false
}

// settleDown prepares for a call that takes its time: what waits behind it is
// taken back, and its cancellation is listened for. Calls that end before that
// are spared the price.
func (w *processWorker) settleDown() {
	p := w.pool
	p.mu.Lock()
	p.takeBackLocked(w)
	var watch []*processCall
	for _, f := range w.flights {
		if f.call != nil && f.call.job != nil && !f.call.watched {
			f.call.watched = true
			watch = append(watch, f.call)
		}
	}
	for _, call := range p.returned {
		if !call.watched {
			call.watched = true
			watch = append(watch, call)
		}
	}
	p.mu.Unlock()
	for _, call := range watch {
		call.job.OnCancel(func(cause error) { p.cancelCall(call, cause) })
	}
}

// drain settles the results that are there, up to a limit, and returns how many.
func (w *processWorker) drain() (int, error) {
	for n := range drainAtOnce {
		msg, ok, err := w.child.Transport.Recv()
		if err != nil || !ok {
			return n, err
		}
		r, err := wire.ParseResult(msg)
		if err != nil {
			return n, err
		}
		if err := w.result(r); err != nil {
			return n, err
		}
	}
	return drainAtOnce, nil
}

// result settles one result.
func (w *processWorker) result(r wire.Result) error {
	p := w.pool
	p.mu.Lock()
	call, err := w.landLocked(r.ID)
	if err != nil {
		p.mu.Unlock()
		return err
	}
	w.began = time.Now()
	call.costs.add(r.Run)
	if call.job == nil {
		return w.initializedUnlock(r)
	}
	w.finished++
	p.backoff.reset()
	w.dueLocked()
	if w.load <= p.cfg.Prefetch/2 {
		p.refillLocked(w)
	}
	decided := call.settleLocked()
	p.mu.Unlock()
	if !decided {
		return nil
	}
	if r.Status == wire.ResultOK {
		_ = call.job.Resolve(r.Body) // the error is the future's
		w.decoded(r)
		return nil
	}
	call.job.Fail(DecodeRemoteError(r.Body))
	return nil
}

// landLocked takes the flight with the given id, and all before it that were
// taken back.
func (w *processWorker) landLocked(id uint64) (*processCall, error) {
	for i, f := range w.flights {
		if f.id == id && f.call != nil {
			n := copy(w.flights, w.flights[i+1:])
			clear(w.flights[n:])
			w.flights = w.flights[:n]
			w.load--
			w.passed = id
			return f.call, nil
		}
		if f.id >= id || f.call != nil {
			break
		}
	}
	return nil, fmt.Errorf("%w: a result of call %d, which is not the one to come", wire.ErrGarbage, id)
}

// initializedUnlock takes the outcome of the initializer.
func (w *processWorker) initializedUnlock(r wire.Result) error {
	p := w.pool
	if r.Status == wire.ResultOK {
		w.readyLocked()
		p.mu.Unlock()
		return nil
	}
	p.mu.Unlock()
	p.fail(&InitError{Worker: w.name(), Err: DecodeRemoteError(r.Body)})
	return nil
}

// windowFull reports whether the claims have no room for another call.
func (w *processWorker) windowFull() bool { return len(w.flights) >= maxPrefetch+1 }

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
