package executor

import (
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A processCall is one call that was started: it is with a worker, or was taken
// back from one. The pool's mutex guards everything that changes.
type processCall struct {
	job      *Job // nil for the initializer
	function string
	arg      []byte
	costs    *costs
	attempt  uint8
	retried  int64   // since when it waits to be tried again, in nanoseconds since epoch; 0 at first
	expect   float64 // run time in nanoseconds that was expected when it was sent

	worker *processWorker // that has it; nil if none has
	id     uint64         // of the call on that worker

	watched  bool        // the job tells cancelCall of a cancellation
	canceled error       // why it was canceled, nil if it was not
	timer    *time.Timer // of the next step against a call that does not stop
	settled  bool        // its outcome is decided
}

// checkSize refuses what the transport cannot carry.
func checkSize(function string, arg []byte) error {
	if len(function) > wire.MaxName {
		return fmt.Errorf("executor: the name of a function has %d bytes, the limit is %d", len(function), wire.MaxName)
	}
	if n := len(arg) + len(function) + 64; n > wire.MaxMessage {
		return fmt.Errorf("executor: the argument of %q has %d bytes, the limit is %d: hand over shared memory instead", function, len(arg), wire.MaxMessage)
	}
	return nil
}

// costs is what is known of the calls of one function.
type costs struct {
	run   float64 // moving average of the run time, in nanoseconds
	known bool
}

// costWeight is how much the newest run counts: after some five calls of a new
// kind the average has followed. It is a guess.
const costWeight = 0.3

// A single run cannot count for more than costJump times the average and
// costSlack: on a busy machine a call of a microsecond takes milliseconds now and
// then, because the worker was not running at all.
const (
	costJump  = 4
	costSlack = float64(50 * time.Microsecond)
)

func (c *costs) add(run int64) {
	if !c.known {
		c.run, c.known = float64(run), true
		return
	}
	c.run += costWeight * (min(float64(run), costJump*c.run+costSlack) - c.run)
}

// maxCosts bounds what is remembered. Calls may have names of their own, and a
// program may make up a new one for every call.
const maxCosts = 1024

// costsLocked returns the costs of the calls with a name.
func (p *ProcessPool) costsLocked(name string) *costs {
	c := p.costs[name]
	if c == nil {
		if len(p.costs) >= maxCosts {
			clear(p.costs)
		}
		c = new(costs)
		p.costs[name] = c
	}
	return c
}

// noteDeadline keeps the deadline of the submission for when the job is sent, under
// the pool's mutex, where its context, which may be anybody's, cannot be asked.
func (j *Job) noteDeadline() {
	deadline, ok := j.parent.Deadline()
	if !ok {
		return
	}
	j.mu.Lock()
	j.lateLocked().deadline = proc.MonotonicOf(deadline)
	j.mu.Unlock()
}

// begin is Job.Start for a caller that holds the pool's mutex. Start may settle
// the future of a job whose context has ended, which runs foreign code, so here
// such a job is only told from the others: for expired, the caller calls Start
// when it has let go of the mutex. now is in nanoseconds since epoch: reading the
// clock costs as much as the rest.
func begin(j *Job, now int64) (started, expired bool) {
	if j.parentEnded() {
		return false, true
	}
	if !j.phase.CompareAndSwap(phaseQueued, phaseStarted) {
		return false, false
	}
	if m := j.meter; m != nil {
		j.started = now
		m.waited.record(time.Duration(j.started - j.submitted))
	}
	if !j.work.setRunning() {
		j.finish(outcomeCanceled)
		return false, false
	}
	return true, false
}

// maxSpare bounds the calls that are kept for reuse.
const maxSpare = 256

// spareLocked keeps a settled call for the next job, unless somebody may still
// look at it.
func (p *ProcessPool) spareLocked(call *processCall) {
	if call.watched || call.canceled != nil || len(p.spare) >= maxSpare {
		return
	}
	*call = processCall{}
	p.spare = append(p.spare, call)
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
