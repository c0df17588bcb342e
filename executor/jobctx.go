package executor

import (
	"context"
	"time"

	"github.com/sourcegraph/conc/panics"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/safelog"
)

// jobCtx is a Job seen as the context of its work. Being the same memory, it
// costs nothing; a real context is made the first time that it is asked for
// what only a real one can give, the channel of Done in the main.
type jobCtx Job

// Context returns the context of the work: it carries the values, the deadline and the
// cancellation of the context given to Submit, and ends when the running job is
// canceled, or when the job is finished. Every call returns the same context.
func (j *Job) Context() context.Context { return (*jobCtx)(j) }

func (c *jobCtx) Deadline() (time.Time, bool) { return c.parent.Deadline() }

func (c *jobCtx) Done() <-chan struct{} { return (*Job)(c).realContext().Done() }

func (c *jobCtx) Err() error {
	j := (*Job)(c)
	if !j.needsReal() && j.parent.Err() == nil && !j.ended() {
		return nil
	}
	return j.realContext().Err()
}

func (c *jobCtx) Value(key any) any {
	j := (*Job)(c)
	if key == workerKey && j.worker != nil {
		return j.worker
	}
	if key == progressKey && j.ended() {
		return nil // nothing listens to late reports
	}
	// The key may be the one by which package context finds the innermost
	// context that can be canceled. As long as nothing but the parent can
	// have ended this context, the parent's answer is right.
	if j.needsReal() {
		return j.realContext().Value(key)
	}
	return j.parent.Value(key)
}

func (c *jobCtx) String() string { return "executor.Job(" + (*Job)(c).Name() + ")" }

// needsReal reports whether the real context exists, or must exist because the
// parent does not tell the whole truth any more.
func (j *Job) needsReal() bool {
	if j.late.Load() == nil {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	l := j.late.Load()
	return l.ctx != nil || l.asked
}

// lateLocked returns the late part, making it if need be. What makes it and
// then looks at the phase finds the job ended, or what ends the job finds the
// late part; so a job without one ends without the lock.
func (j *Job) lateLocked() *late {
	l := j.late.Load()
	if l == nil {
		l = new(late)
		j.late.Store(l)
	}
	return l
}

// realContext makes the context that stands behind jobCtx.
func (j *Job) realContext() context.Context {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := j.lateLocked()
	if l.ctx == nil {
		l.ctx, l.cancel = context.WithCancelCause(j.parent)
		if l.asked {
			l.cancel(l.cause)
		}
		// A caller that asks after the end gets a context that has ended, and
		// the parent does not keep an entry for it.
		if j.ended() {
			l.cancel(errFinished)
		}
	}
	return l.ctx
}

// errFinished is the cause of a work's context after the work has returned.
var errFinished = future.Canceled(errWorkReturned)

// cancelAsked reports whether the job's cancellation was asked for, through its
// future or through the context that it was submitted with.
func (j *Job) cancelAsked() bool {
	if j.parentEnded() {
		return true
	}
	if j.late.Load() == nil {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.late.Load().asked
}

// cancelRunning ends the context of a started job.
func (j *Job) cancelRunning(cause error) {
	cause = future.Canceled(cause)
	j.mu.Lock()
	l := j.lateLocked()
	if !l.asked {
		l.ask(cause)
	}
	cancel := l.cancel
	j.mu.Unlock()
	// If the parent has ended the context ends with it, for the parent's reason: a
	// deadline must not become a cancellation because a cancellation follows from it.
	if cancel != nil && j.parent.Err() == nil {
		cancel(cause)
	}
	j.fire(cause)
}

// OnCancel arranges for fn to be called once, in some goroutine, when the
// job is canceled or the context that it was submitted with ends. If that has
// happened already fn is called at once. A later OnCancel replaces fn. Once the
// job is finished fn is not called any more, except by a request that comes in
// the same instant.
//
// For a job that is queued fn is called too. The job is called off by then, and
// its future is settled or is about to be: what is left to the executor is to
// take it out of its queue, wherever that is, and to give its place to another.
// With [Job.CallOff] the executor calls off what is queued by itself.
func (j *Job) OnCancel(fn func(cause error)) {
	if cause, late := j.hookCancel(fn); late {
		fn(cause)
	}
}

// hookCancel is OnCancel that returns the cause if it is too late, in place of the call.
func (j *Job) hookCancel(fn func(cause error)) (cause error, late bool) {
	j.mu.Lock()
	l := j.lateLocked()
	if l.asked {
		cause := l.cause
		j.mu.Unlock()
		return cause, true
	}
	l.hook = fn
	watched := l.stop != nil
	j.mu.Unlock()
	if j.phase.Load() == phaseCalledOff {
		// What called it off looked for a hook after that, and may have found
		// none.
		cause := future.Canceled(nil)
		if j.parent.Err() != nil {
			cause = whyEnded(j.parent)
		}
		return cause, j.takeHook(cause) != nil
	}
	if !watched {
		j.watchParent()
	}
	return nil, false
}

// sharesContext reports whether both jobs were submitted with the same context.
func (j *Job) sharesContext(o *Job) bool {
	if j.latched || o.latched {
		return j.latched && o.latched && j.parent == o.parent
	}
	return j.done == o.done
}

// watchParent arranges for the end of the parent context to call off the job if it
// is queued then, and to reach the executor.
func (j *Job) watchParent() {
	if j.parent.Done() == nil {
		return
	}
	stop := context.AfterFunc(j.parent, func() {
		j.expire()
		j.fire(whyEnded(j.parent))
	})
	j.mu.Lock()
	l := j.lateLocked()
	watched := l.stop != nil
	if !watched {
		l.stop = stop
	}
	ended := j.ended()
	j.mu.Unlock()
	if watched || ended {
		stop()
	}
}

// whyEnded returns why ctx has ended, in a form that tells the kind of end whatever
// the cause says: an end by Cancel is a cancellation, for the cause, and that by a
// deadline is context.DeadlineExceeded.
func whyEnded(ctx context.Context) error {
	cause := context.Cause(ctx)
	switch {
	case !isDeadline(ctx.Err()):
		return future.Canceled(cause)
	case isDeadline(cause):
		return cause
	default:
		return &future.TimeoutError{Err: cause}
	}
}

// takeHook returns the executor's hook for a job that was called off, nil if there
// is none; see OnCancel for one that comes later.
func (j *Job) takeHook(cause error) (hook func(cause error)) {
	if j.late.Load() == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	l := j.late.Load()
	hook, l.hook = l.hook, nil
	l.ask(cause)
	return hook
}

// fire calls the executor's hook if it has not been called yet.
func (j *Job) fire(cause error) {
	j.mu.Lock()
	l := j.late.Load()
	hook := l.hook
	l.hook = nil
	j.mu.Unlock()
	if hook != nil {
		j.call(hook, cause)
	}
}

// call calls an executor's hook. Its panic is not that of the code that cancels.
func (j *Job) call(hook func(cause error), cause error) {
	if r := panics.Try(func() { hook(cause) }); r != nil {
		safelog.Default().Error("executor: the OnCancel hook of a job panicked", KeyFunction, j.Name(), KeyPanic, r.Value, KeyStack, string(r.Stack))
	}
}

// ended reports whether the job will not run any more.
func (j *Job) ended() bool { return j.phase.Load() >= phaseCalledOff }

// release lets go, at the job's end, of the call and its argument, which may be
// large while the future is still held, and ends the real context
// and the watch of the parent, if there are any. It gets the phase in which the
// job was: if Run has taken the call, it is Run's.
func (j *Job) release(from uint32) {
	if from == phaseRunning && j.late.Load() == nil {
		return
	}
	j.mu.Lock()
	if from != phaseRunning {
		j.work.dropLocked()
	}
	if j.encoded.Load() != nil {
		j.encoded.Store(nil)
	}
	l := j.late.Load()
	if l == nil {
		j.mu.Unlock()
		return
	}
	l.hook = nil
	cancel, stop, held := l.cancel, l.stop, l.held
	l.held = nil
	j.mu.Unlock()
	held.Release()
	if cancel != nil {
		cancel(errFinished)
	}
	if stop != nil {
		stop()
	}
}
