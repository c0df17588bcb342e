package executor

import "sync"

// processLimits is the part of ProcessConfig about workers that misbehave.
type processLimits struct {
	// BreakOnCrash makes the pool behave as Python's: the death of a worker
	// breaks it, and every call that it has fails with a [*BrokenPoolError].
	BreakOnCrash bool

	// Retry is how often a call is tried again when its worker died while it
	// ran. It is for calls that may be repeated. One that has killed that
	// many workers and one more fails with a [*PoisonError]. Zero means that
	// no call that has begun is ever repeated; at most 100.
	Retry int

	// MemoryLimit is the soft limit of each worker's heap in bytes, as by
	// debug.SetMemoryLimit. Zero means none; less is an error.
	MemoryLimit int64
}

const maxRetry = 100

func (l *processLimits) validate(bad func(field string, value any, remedy string) error) error {
	switch {
	case l.Retry < 0 || l.Retry > maxRetry:
		return bad("Retry", l.Retry, "it must be from 0 to 100")
	case l.MemoryLimit < 0:
		return bad("MemoryLimit", l.MemoryLimit, "it must be positive, or zero for no limit")
	}
	return nil
}

// limitState is what the pool remembers of its limits.
type limitState struct {
	announced sync.Map
}

// dueLocked is called when a call of w has ended.
func (w *processWorker) dueLocked() {}

// retryLocked puts a call that its worker died of back in front of the queue, if
// it may be tried again.
func (p *ProcessPool) retryLocked(call *processCall) bool {
	if int(call.attempt) >= p.cfg.Retry || call.canceled != nil || call.settled || p.phase == poolBroken {
		return false
	}
	call.attempt++
	p.returned = append([]*processCall{call}, p.returned...)
	p.growLocked()
	p.serveIdleLocked()
	return true
}

// announceLocked tells those who wait for the pool to be ready.
func (p *ProcessPool) announceLocked() {}

// decoded tells the worker that a result is decoded.
func (w *processWorker) decoded(any) {}
