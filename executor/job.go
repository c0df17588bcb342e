package executor

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/sched"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

// A Job is one submitted call as its [Executor] sees it. The types of argument
// and result are hidden. Its life:
//
//	          Start                Run, Resolve, Fail
//	queued ─────────► started ─────────────────────────► finished
//	   │
//	   ├── Cancel of the future, or Start after its context ended ──► called off
//	   └── Fail (the pool broke, say) ──────────────────────────────► finished
//
// The methods are safe from any goroutine. Run and the settling ones count once,
// a second call changes nothing.
type Job struct {
	work    work // the typed part, which begins with this Job: one allocation
	parent  context.Context
	done    <-chan struct{} // the parent's; nil if it cannot end, or is latched
	started int64           // nanoseconds since epoch, set by Start if there is a meter
	name    string          // given by Named or by the registration; see also late.function
	pc      uintptr         // names a closure that has no other name
	phase   atomic.Uint32
	mayWait bool
	bound   bool // the future belongs to a loop
	latched bool // the parent is a whose.Latch, which is asked by Err
	timed   bool // how long it ran is counted

	// For the executors of this package, set before the job is published.
	meter *meter // counts what becomes of the job; may be nil

	// Set between Start and Run; may be nil.
	worker *Worker

	// Set by process pools: what the job has become since it was started.
	begun *processCall

	// Where the job is among those that wait or run. What Submit did not set
	// is guarded by the pool's lock. Order is the job's number.
	place sched.Call[Job]

	mu      sync.Mutex // guards what late points to, and the call of the typed part
	late    atomic.Pointer[late]
	encoded atomic.Pointer[encoded] // written under mu; does not change what it points to
}

// late is what only some jobs need, so that the others stay small.
type late struct {
	ctx    context.Context // the real context, made when asked for
	cancel context.CancelCauseFunc
	asked  bool  // cancellation was asked for through the future
	cause  error // why
	when   int64 // when, in nanoseconds since epoch
	hook   func(cause error)
	stop   func() bool   // ends the hook's watch of the parent context
	held   *handoff.Held // what the encoded argument refers to, until the job has ended
	ended  []func(error) // of hooks, to be told the outcome

	function string    // the registered name of a call that has one of its own; never changes
	deadline int64     // of the parent, for another process, by proc.MonotonicOf; 0 if there is none
	observed *observed // set between Start and Run
}

// epoch is the moment from which times are counted: a time.Time for each would
// make every job larger, and reading the wall clock too takes twice as long.
var epoch = time.Now()

func sinceEpoch() int64 { return int64(time.Since(epoch)) }

// The phases of a job.
const (
	phaseQueued uint32 = iota
	phaseStarted
	phaseRunning // Run has taken the call
	phaseCalledOff
	phaseFinished
)

// outcome says how a finished job ended, for the statistics.
type outcome uint8

const (
	outcomeResult outcome = iota
	outcomeError
	outcomeCanceled
)

// work is the part of a job that knows the type of the result.
type work interface {
	run(ctx context.Context)
	encode(to []byte) (arg []byte, err error)
	resolve(result []byte, owned bool) error
	settle(err error) bool
	settleCanceled(err error) bool
	cancel(cause error) bool
	setRunning() bool
	dropLocked()
}

var lastID atomic.Uint64

// ID returns a number that no other job of this process has.
func (j *Job) ID() uint64 { return j.place.Order }

// Name returns the name of the work, for labels and messages; see [Call.Named].
func (j *Job) Name() string {
	if j.name != "" {
		return j.name
	}
	return pcName(j.pc)
}

func pcName(pc uintptr) string {
	if f := runtime.FuncForPC(pc); f != nil {
		return f.Name()
	}
	return "unknown"
}

// Submitted returns when the job was submitted.
func (j *Job) Submitted() time.Time {
	return time.Now().Add(time.Duration(j.place.Since - sinceEpoch()))
}

// MayWait reports whether Execute may wait for room; false means that the caller
// used [TrySubmit] and wants [ErrQueueFull] instead.
func (j *Job) MayWait() bool { return j.mayWait }

// Start declares that the job begins now. If it reports false the job was called off,
// or its context has ended, which is the cause in its future then: it must be skipped,
// and its future is settled, or is about to be by what called it off. A second Start
// reports false. It stands for set_running_or_notify_cancel.
func (j *Job) Start() bool {
	if j.parentEnded() {
		j.expire()
		return false
	}
	if !j.phase.CompareAndSwap(phaseQueued, phaseStarted) {
		return false
	}
	if m := j.meter; m != nil {
		j.started = sinceEpoch()
		m.waited.record(time.Duration(j.started - j.place.Since))
	}
	if !j.work.setRunning() {
		// A future that belongs to a loop was canceled in this instant.
		if j.finish(outcomeCanceled) {
			j.tellEnd(future.Canceled(nil))
		}
		return false
	}
	return true
}

// parentEnded reports whether the context of the submission has ended. It runs no
// foreign code, and may be called under a pool's mutex.
func (j *Job) parentEnded() bool {
	if j.latched {
		return j.parent.Err() != nil
	}
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// mayExpire reports whether the context of the submission may ever end.
func (j *Job) mayExpire() bool { return j.done != nil || j.latched }

// expire calls off a queued job whose context has ended.
func (j *Job) expire() {
	err := j.parent.Err()
	if err == nil || !j.phase.CompareAndSwap(phaseQueued, phaseCalledOff) {
		return
	}
	cause := whyEnded(j.parent)
	j.calledOff(cause, func() bool {
		if future.IsCanceled(err) {
			return j.work.settleCanceled(cause)
		}
		return j.work.settle(cause)
	})
}

// CallOff calls off a job that has not begun: its future is canceled, with cause as
// the reason, which may be nil. Unlike [Job.Cancel] it leaves a job alone that has
// begun meanwhile, and reports false. A second call, and one after the job is over,
// report false too.
func (j *Job) CallOff(cause error) bool {
	if !j.phase.CompareAndSwap(phaseQueued, phaseCalledOff) {
		return false
	}
	cause = future.Canceled(cause)
	j.calledOff(cause, func() bool { return j.work.settleCanceled(cause) })
	return true
}

// calledOff does what is to be done when a queued job was called off: the pool gets
// its place back, the future is settled, and the executor is told. It returns what
// settle does.
func (j *Job) calledOff(cause error, settle func() bool) (settled bool) {
	// Deferred: callbacks of the future may end the goroutine.
	if hook := j.takeHook(cause); hook != nil {
		defer j.call(hook, cause)
	}
	j.count(outcomeCanceled)
	j.drop()
	j.release(phaseQueued)
	j.tellEnd(cause)
	return settle()
}

// Run runs a started job in the calling goroutine and settles its future. The context
// must be, or derive from, that of [Job.Context]; nil means exactly that one. A panic
// in the work is caught. If the work calls runtime.Goexit the future is settled and
// the calling goroutine ends. A second Run, or one of a job that is over, does
// nothing.
func (j *Job) Run(ctx context.Context) {
	if ctx == nil {
		ctx = j.Context()
	}
	j.work.run(ctx)
}

// Resolve settles the job's future with an encoded result. If it cannot be decoded the
// future has that error, and Resolve returns it. It keeps no reference to result. When
// the job is over, as after a first Resolve, it changes nothing.
func (j *Job) Resolve(result []byte) error { return j.work.resolve(result, false) }

// Fail settles the job's future with err. If err is a cancellation and one was asked
// for, the future is canceled. A queued job may fail without Start. When the job is
// over, as after a first Fail, it does nothing.
func (j *Job) Fail(err error) {
	err = j.locate(err)
	if l := j.late.Load(); l != nil && l.observed != nil {
		l.observed.err = err
	}
	canceled := j.cancelAsked() && future.IsCanceled(err)
	o := outcomeError
	if canceled {
		o = outcomeCanceled
	}
	if !j.finish(o) {
		return
	}
	j.tellEnd(err)
	if canceled {
		j.work.settleCanceled(err)
	} else {
		j.meter.remember(j, err)
		j.work.settle(err)
	}
}

// CancelRequested decides what Cancel of the future does; it implements
// [future.Canceler]. The phase is the one place where it is decided whether the
// cancellation or the start came first. Of several requests the first cause counts;
// when the job is over nothing happens.
func (j *Job) CancelRequested(_ future.State, cause error) future.Answer {
	if j.phase.CompareAndSwap(phaseQueued, phaseCalledOff) {
		if j.late.Load() == nil {
			j.count(outcomeCanceled)
			j.drop()
			j.release(phaseQueued)
			return future.Settle
		}
		// Settled here, before the executor is told.
		cause = future.Canceled(cause)
		if j.calledOff(cause, func() bool { return j.work.settleCanceled(cause) }) {
			return future.Accept
		}
		return future.Settle
	}
	switch j.phase.Load() {
	case phaseStarted, phaseRunning:
		if !j.bound {
			j.cancelRunning(cause)
			return future.Refuse
		}
		// Settled first: the work may return as soon as its context has
		// ended, and what it returns must come too late.
		settled := j.work.settleCanceled(future.Canceled(cause))
		j.cancelRunning(cause)
		if settled {
			return future.Accept
		}
		return future.Refuse
	case phaseFinished:
		// The outcome is being stored at this moment. A loop's future can
		// still be canceled, as long as the outcome has not arrived.
		if j.bound {
			return future.Settle
		}
		return future.Refuse
	default:
		return future.Settle
	}
}

// finish claims the end of the job; only the first caller may settle it.
func (j *Job) finish(o outcome) bool {
	var p uint32
	for {
		p = j.phase.Load()
		if p == phaseCalledOff || p == phaseFinished {
			return false
		}
		if j.phase.CompareAndSwap(p, phaseFinished) {
			break
		}
	}
	if l := j.late.Load(); l != nil && l.observed != nil {
		l.observed.outcome = o
	}
	if m := j.meter; m != nil {
		if p != phaseQueued && !j.timed {
			j.ran(sinceEpoch())
		}
		m.count(o)
		if p == phaseRunning {
			m.settling.Add(1)
		}
	}
	j.release(p)
	return true
}

// ran counts how long a started job ran, for an executor that knows better than finish
// when it ended. It is for the code that will settle the job. now is in nanoseconds
// since epoch.
func (j *Job) ran(now int64) {
	j.timed = true
	j.meter.ran.record(time.Duration(now - j.started))
}

// drop tells the pool that the job was called off while queued.
func (j *Job) drop() {
	if j.meter != nil {
		j.meter.dropped(j)
	}
}

func (j *Job) count(o outcome) {
	if j.meter != nil {
		j.meter.count(o)
	}
}

// Cancel does what Cancel of the job's future does: it calls off a queued job and
// settles its future as canceled, or it ends the context of a started one. Of several
// calls the first cause counts; when the job is over nothing happens.
func (j *Job) Cancel(cause error) bool { return j.work.cancel(cause) }

// Priority returns the priority of the call; see [Call.WithPriority].
func (j *Job) Priority() int { return j.place.Priority }
