package executor

import (
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/sched"
)

// impatience is how long the reader waits for the next result before it takes the
// calls back that wait behind a long one, and settles down to wait at no cost.
const impatience = 200 * time.Microsecond

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
			// What was settled woke a goroutine, which is next on this P:
			// it goes on before this goroutine sleeps with it.
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

// prospect says how to wait, and for how long before the next stage, 0 without limit.
// It prepares that: a call that takes its time is watched for its cancellation,
// which those that end before are spared the price of; and from a worker whose
// call takes longer than expected what it has ahead is taken back.
func (w *processWorker) prospect(stage int) (next int, timeout time.Duration) {
	p := w.pool
	p.mu.Lock()
	defer func() {
		w.reading = next
		if next != hopeful {
			p.reconcileLocked(sinceEpoch())
		}
		p.mu.Unlock()
	}()
	if w.Load() == 0 {
		if !w.Occupied() {
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
	head := w.Head()
	costs := head.Call.Costs
	if stage == hopeful && (!costs.Known() || costs.Run() < float64(impatience)) {
		return hopeful, impatience
	}
	p.sched.Late(&w.Worker)
	stuck := time.Duration(0) // until the worker counts as stuck; 0 if it does not
	if w.child.Claims.Untouched(head.ID) {
		stuck = w.stuckIn(w.argLocked(head.Call))
		if stuck <= 0 {
			w.condemnLocked(errStuck)
			return patient, 0
		}
	}
	if stage < patient {
		w.watchLocked()
		if w.Load() == 1 {
			return settled, stuck
		}
		if wait := time.Duration(2*head.Expect) + impatience - w.ranFor(); wait > 0 {
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

	// untakenFor is how long a worker may leave a call that is canceled
	// meanwhile before it is looked at whether it is stopped.
	untakenFor = 10 * time.Millisecond
)

// argLocked returns how long the argument of a call is that the worker has.
func (w *processWorker) argLocked(c *sched.Call[Job]) int {
	if c.Of == nil {
		return len(w.pool.initial.arg)
	}
	return len(c.Of.begun.arg)
}

// stuckIn returns how long the worker may still take to begin a call with an
// argument of n bytes.
func (w *processWorker) stuckIn(n int) time.Duration {
	return stuckAfter + time.Duration(n>>20)*stuckPerMiB - time.Duration(sinceEpoch()-w.asked)
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
	var calls []*processCall // of one context
	watch := func(place *sched.Call[Job]) {
		job := jobOf(place)
		if job == nil || job.begun.watched {
			return
		}
		job.begun.watched = true
		if len(calls) > 0 && !job.sharesContext(calls[0].job) {
			p.watchApart(calls)
			calls = nil
		}
		calls = append(calls, job.begun)
	}
	for _, f := range w.Flights() {
		watch(f.Call)
	}
	p.timeLocked(w)
	for _, place := range p.sched.TakenBack() {
		watch(place)
	}
	if len(calls) > 0 {
		p.watchApart(calls)
	}
}

// watchApart arranges to be told of cancellations, on a goroutine of its own, for the
// context of the calls may be the user's, and may do what it likes with that goroutine.
// Others do not come to harm by that, and one goroutine for each call would cost
// BenchmarkProcessPipelined three hundredths.
func (p *ProcessPool) watchApart(calls []*processCall) {
	p.carrier.Go(func() {
		defer func() {
			if len(calls) > 0 { // the goroutine ends before its time
				p.watchApart(calls)
			}
		}()
		for len(calls) > 0 {
			call := calls[0]
			calls = calls[1:]
			cancel := func(cause error) { p.cancelCall(call, cause) }
			if cause, late := call.job.hookCancel(cancel); late {
				p.carrier.Go(func() { cancel(cause) }) // which settles the future
			}
		}
	})
}

func takeHot() bool {
	if hot.Add(1) < int32(min(2, runtime.GOMAXPROCS(0))) {
		return true
	}
	hot.Add(-1)
	return false
}
