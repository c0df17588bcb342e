package executor

import (
	"log/slog"
	"slices"
	"time"
)

// processLimits is the part of ProcessConfig about how long workers and calls
// may last, and what happens when they do not behave.
type processLimits struct {
	// Timeout is how long each call may run; a call that takes longer is
	// treated as one whose context has ended, and its error is
	// context.DeadlineExceeded. A deadline of the context given to Submit
	// counts the time in the queue as well. Zero means no limit; less is an
	// error.
	Timeout time.Duration

	// BreakOnCrash makes the pool behave as Python's: the death of a worker
	// breaks it, and every call that it has fails with a [*BrokenPoolError].
	BreakOnCrash bool

	// Retry is how often a call is tried again when its worker died while it
	// ran. It is for calls that may be repeated. One that has killed that
	// many workers and one more fails with a [*PoisonError]. Zero means that
	// no call that has begun is ever repeated; at most 100.
	Retry int

	// MaxTasks is the number of calls after which a worker is replaced. Zero
	// means no limit; less is an error. It stands for max_tasks_per_child.
	MaxTasks int

	// MaxAge is the age at which a worker is replaced, when its call has
	// ended. Zero means no limit; less is an error.
	MaxAge time.Duration

	// MaxRSS is the resident size in bytes above which a worker is replaced,
	// when its call has ended. It is looked at every 50 ms. Zero means no
	// limit; less is an error.
	MaxRSS int64

	// MemoryLimit is the soft limit of each worker's heap in bytes, as by
	// debug.SetMemoryLimit. Zero means none; less is an error.
	MemoryLimit int64

	// IdleTimeout is the time after which a worker without work leaves. Zero
	// means that workers stay until Shutdown; less is an error.
	IdleTimeout time.Duration
}

const maxRetry = 100

func (l *processLimits) validate(bad func(field string, value any, remedy string) error) error {
	const orNone = "it must be positive, or zero for no limit"
	switch {
	case l.Timeout < 0:
		return bad("Timeout", l.Timeout, orNone)
	case l.Retry < 0 || l.Retry > maxRetry:
		return bad("Retry", l.Retry, "it must be from 0 to 100")
	case l.MaxTasks < 0:
		return bad("MaxTasks", l.MaxTasks, orNone)
	case l.MaxAge < 0:
		return bad("MaxAge", l.MaxAge, orNone)
	case l.MaxRSS < 0:
		return bad("MaxRSS", l.MaxRSS, orNone)
	case l.MemoryLimit < 0:
		return bad("MemoryLimit", l.MemoryLimit, orNone)
	case l.IdleTimeout < 0:
		return bad("IdleTimeout", l.IdleTimeout, "it must be positive, or zero for workers that stay")
	}
	return nil
}

// Why workers are replaced.
const (
	dueTasks = 1 << iota
	dueAge
	dueRSS
)

// rssEvery is how often a worker's size is looked at; it costs some microseconds.
const rssEvery = 50 * time.Millisecond

// dueLocked is called when calls of w have ended. It decides whether w is to be
// replaced.
func (w *processWorker) dueLocked() {
	p := w.pool
	if w.retiring {
		return
	}
	reason, text := 0, ""
	switch now := time.Now(); {
	case p.cfg.MaxTasks > 0 && w.finished >= p.cfg.MaxTasks:
		reason, text = dueTasks, "it has run its number of calls"
	case p.cfg.MaxAge > 0 && now.Sub(w.started) >= p.cfg.MaxAge:
		reason, text = dueAge, "it has reached its age"
	case p.cfg.MaxRSS > 0 && now.Sub(w.sized) >= rssEvery:
		w.sized = now
		if w.child.RSS() <= p.cfg.MaxRSS {
			return
		}
		reason, text = dueRSS, "it has become too large"
	default:
		return
	}
	w.retiring = true
	p.recycled++
	level := slog.LevelDebug
	if p.announced&reason == 0 {
		// Once: a pool that recycles does it all the time.
		p.announced |= reason
		level = slog.LevelInfo
	}
	p.cfg.Logger.Log(p.context(), level, "executor: a worker process is replaced, because "+text, "pool", p.cfg.Name, "worker", w.name(), "calls", w.finished)
	p.takeBackLocked(w)
}

// mayTakeLocked reports whether w may get another call as far as its limits are
// concerned.
func (w *processWorker) mayTakeLocked() bool {
	limit := w.pool.cfg.MaxTasks
	return !w.retiring && (limit == 0 || w.finished+w.load < limit)
}

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

// reapLaterLocked sends workers away that have been idle for long.
func (p *ProcessPool) reapLaterLocked(after time.Duration) {
	if p.cfg.IdleTimeout == 0 || p.reaper != nil || p.phase != poolOpen {
		return
	}
	p.reaper = time.AfterFunc(after, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.reaper = nil
		now := time.Now()
		for len(p.idle) > 0 {
			w := p.idle[0] // idle for the longest time
			if left := p.cfg.IdleTimeout - now.Sub(w.idleSince); left > 0 {
				p.reapLaterLocked(left)
				return
			}
			p.idle = slices.Delete(p.idle, 0, 1)
			w.isIdle = false
			w.leaveLocked()
		}
	})
}
