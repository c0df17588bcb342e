package executor

import (
	"bytes"
	"context"
	"runtime/debug"

	"github.com/sourcegraph/conc/panics"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// job is a Job with its type: the job, the promise of its result, the call and
// the context of the work are one allocation.
type job[R any] struct {
	Job
	promise future.Promise[R]
	call    binding[R] // nil once the call was taken, or let go of
}

func newJob[R any](ctx context.Context, home future.Poster, call Call[R], mayWait bool) *job[R] {
	j := &job[R]{call: call.work}
	j.work = j
	j.parent = ctx
	if _, j.latched = ctx.(whose.Latch); !j.latched {
		j.done = ctx.Done()
	}
	j.place.Of = &j.Job
	j.place.Order = lastID.Add(1)
	j.place.Since = sinceEpoch()
	j.mayWait = mayWait
	j.bound = home != nil
	j.place.Priority = call.priority
	if fn, ok := call.work.(closure[R]); ok {
		if j.name = call.name; j.name == "" {
			j.pc = funcPC(fn)
		}
	} else if j.name = call.work.function(); call.name != "" && call.name != j.name {
		j.lateLocked().function, j.name = j.name, call.name
	}
	j.promise.Init(home, &j.Job)
	return j
}

func (j *job[R]) setRunning() bool { return j.promise.SetRunning() }

func (j *job[R]) encode(to []byte) (arg []byte, err error) {
	j.mu.Lock()
	call := j.call // a job that is called off meanwhile lets go of it
	j.mu.Unlock()
	return encodeCall(call, j.Name(), to)
}

func (j *job[R]) settle(err error) bool {
	var zero R
	return j.promise.Settle(zero, err)
}

func (j *job[R]) settleCanceled(err error) bool { return j.promise.SetCanceled(err) == nil }

func (j *job[R]) cancel(cause error) bool { return j.promise.Future().CancelCause(cause) }

func (j *job[R]) dropLocked() { j.call = nil }

func (j *job[R]) run(ctx context.Context) {
	if !j.phase.CompareAndSwap(phaseStarted, phaseRunning) {
		return
	}
	// From here on the call is this goroutine's alone: no lock. It is let go of before
	// the work ends, for the future may be held long after.
	call := j.call
	j.call = nil
	var (
		v        R
		err      error
		returned bool
	)
	// Deferred, not inline: after runtime.Goexit, which t.FailNow uses,
	// nothing else runs, and an outcome that is never delivered would leave its
	// waiters waiting.
	defer func() {
		if !returned {
			err = caught(recover())
		}
		j.deliver(v, err)
	}()
	v, err = call.run(ctx)
	returned = true
}

func (j *job[R]) deliver(v R, err error) {
	if err != nil {
		j.Fail(err)
		return
	}
	if j.finish(outcomeResult) {
		if j.late.Load() != nil {
			j.tellEnd(nil)
		}
		j.promise.Settle(v, nil)
	}
}

func (j *job[R]) resolve(result []byte, owned bool) error {
	if raw, ok := any(j).(*job[Encoded]); ok {
		raw.deliver(bytes.Clone(result), nil)
		return nil
	}
	v, err := codec.Decode[R](result, owned)
	if err != nil {
		err = &DecodeError{What: "result", Function: j.Name(), Err: err}
	}
	j.deliver(v, err)
	return err
}

// locate returns err with the names of the work and its worker, if it is one that
// tells them and nothing has told it yet. An error that others may have is copied.
func (j *Job) locate(err error) error {
	switch e := err.(type) { //nolint:errorlint // one inside another has a name already, or is the work's own
	case *future.PanicError:
		if e != nil && e.Function == "" {
			located := *e
			located.Function = j.Name()
			if e.Worker == "" && j.worker != nil {
				located.Worker = "worker " + j.worker.Name()
			}
			return &located
		}
	case *RemoteError:
		if e != nil && e.Function == "" {
			located := *e
			located.Function = j.Name()
			return &located
		}
	}
	return err
}

// caught turns what recover returned in a deferred call into an error. Since
// Go 1.21 even panic(nil) recovers as a value, so nil means Goexit.
func caught(r any) error {
	if r == nil {
		return &future.PanicError{Goexit: true, Stack: debug.Stack()}
	}
	rec := panics.NewRecovered(2, r)
	return &future.PanicError{Value: rec.Value, Stack: rec.Stack}
}
