package executor

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A threadWorker is one goroutine of a ThreadPool. It waits for the next job on a
// signal of its own.
type threadWorker struct {
	pool      *ThreadPool
	state     *Worker
	signal    signal
	goroutine atomic.Int64 // id of the goroutine
	began     atomic.Int64 // when the job began, in nanoseconds since epoch
	fresh     bool         // no goroutine yet; used by the one that wakes it
	ready     bool         // the initializer has run; used by the worker only
	waits     int          // nested waits of the job; used by the worker only
	ran       bool         // a job has run and settling counts the worker; used by the worker only

	taken uint64 // pool.taken when it was given a job; guarded by pool.mu
	job   *Job   // guarded by pool.mu until the signal; nil: leave
	since uint64 // pool.ticked when it became idle; guarded by pool.mu
}

// startLocked makes a worker for job. The caller wakes it without the lock.
func (p *ThreadPool) startLocked(job *Job) *threadWorker {
	w := &threadWorker{
		pool:   p,
		state:  NewWorker(p.cfg.Name, p.started),
		signal: newSignal(),
		fresh:  true,
		job:    job,
	}
	p.started++
	p.comesLocked(w)
	p.workers[w] = struct{}{}
	return w
}

// wake sets a worker to the job that it was given under the lock. It does nothing
// for nil.
func (w *threadWorker) wake() {
	switch {
	case w == nil:
	case w.fresh:
		w.fresh = false
		job := w.job
		w.pool.goroutines.Go(func() {
			w.begin()
			w.loop(job)
		})
	default:
		w.signal.send()
	}
}

// loop runs jobs until next says that it is enough.
func (w *threadWorker) loop(job *Job) {
	if w.pool.cfg.PinThreads {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	id := whose.ID()
	w.goroutine.Store(id)
	whose.Register(id, w)
	returned := false
	defer func() {
		whose.Unregister(id)
		if !returned {
			w.replace()
		}
	}()
	for job != nil {
		w.run(job)
		job = w.next()
	}
	returned = true
}

// replace gives the worker a new goroutine after a job ended the old one with
// runtime.Goexit. The worker keeps its state and its place in the pool.
func (w *threadWorker) replace() {
	if w.pool.cfg.PinThreads {
		w.ready = false // what the initializer did to the thread went with it
	}
	w.pool.goroutines.Go(func() {
		if job := w.next(); job != nil {
			w.loop(job)
		}
	})
}

func (w *threadWorker) run(job *Job) {
	if !w.ready && !w.initialize(job) {
		return
	}
	if !job.Start() {
		return
	}
	w.began.Store(job.started)
	job.worker = w.state
	w.ran = true
	if o := &w.pool.observer; o.wanted() {
		o.run(job, w.state)
		return
	}
	job.Run(nil)
}

// next returns the worker's next job; it waits for it if need be. It returns nil
// if the worker is to leave; the pool does not count it any more then.
func (w *threadWorker) next() *Job {
	p := w.pool
	p.mu.Lock()
	if w.ran {
		w.ran = false
		p.meter.settling.Add(-1)
	}
	w.job = nil
	if p.broken != nil || p.surplusLocked() {
		return w.leaveLocked()
	}
	if job := p.queue.pop(); job != nil {
		w.job = job
		p.taken++
		p.admitLocked()
		p.mu.Unlock()
		return job
	}
	if p.closed {
		return w.leaveLocked()
	}
	w.signal.arm()
	p.idle = append(p.idle, w)
	p.isIdleLocked(w)
	p.mu.Unlock()

	w.signal.wait()
	if w.job == nil {
		p.mu.Lock()
		return w.leaveLocked()
	}
	w.begin()
	return w.job
}

// leaveLocked takes the worker out of the pool, unlocks and returns nil.
func (w *threadWorker) leaveLocked() *Job {
	p := w.pool
	delete(p.workers, w)
	if p.closed && len(p.workers) == 0 {
		p.doneLocked()
	}
	p.mu.Unlock()
	return nil
}

// initialize runs the initializer. If it fails the pool is broken, and job, for
// which the worker was started, is the first to hear of it.
func (w *threadWorker) initialize(job *Job) (ok bool) {
	init := w.pool.cfg.Initializer
	if init.IsZero() {
		w.ready = true
		return true
	}
	job.watchParent() // it is in no queue, and the initializer may hang
	var (
		err      error
		returned bool
	)
	defer func() {
		if !returned {
			err = caught(recover())
		}
		if err != nil {
			w.pool.breakDown(&InitError{Worker: w.state.Name(), Err: err}, job)
		}
	}()
	_, err = init.work.run(WithWorker(context.Background(), w.state))
	returned = true
	w.ready = err == nil
	return w.ready
}
