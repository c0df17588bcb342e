package executor

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// startLocked starts one worker, or arranges for that to be tried later.
func (p *ProcessPool) startLocked() {
	if wait := p.backoff.wait(); wait > 0 {
		p.sched.Hold()
		if p.backoff.timer == nil {
			p.backoff.timer = time.AfterFunc(wait, p.startAgain)
		}
		return
	}
	w := p.newWorkerLocked()
	p.carrier.Go(w.run)
	w.watchStart()
}

// startAgain allows starts after the back-off.
func (p *ProcessPool) startAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.backoff.timer = nil
	p.sched.Unhold()
	p.reconcileLocked(sinceEpoch())
}

// A backoff delays the start of workers when those before died without having
// finished anything.
type backoff struct {
	deaths int // in a row
	last   time.Time
	timer  *time.Timer // of the next attempt, nil if there is none
}

const (
	freeDeaths = 2 // these are replaced at once
	firstPause = 10 * time.Millisecond
	longPause  = 500 * time.Millisecond
)

func (b *backoff) failed() {
	b.deaths++
	b.last = time.Now()
}

// wait returns how long no worker may be started.
func (b *backoff) wait() time.Duration {
	if b.deaths <= freeDeaths {
		return 0
	}
	pause := min(longPause, firstPause<<min(b.deaths-freeDeaths-1, 10))
	return time.Until(b.last.Add(pause))
}

// startLook is how often a worker that starts is looked at, as long as it does.
const startLook = time.Second

// watchStart sees to it that a worker which is stopped while it starts, by SIGSTOP
// say, does not keep the calls waiting that it was started for: it is not counted
// any more as one that will soon take them, so others are started, as far as the
// pool may have more. One that is merely slow is left alone, for a machine that is
// slow to start workers is not helped by more of them; see StartTimeout.
func (w *processWorker) watchStart() {
	time.AfterFunc(startLook, func() {
		p := w.pool
		p.mu.Lock()
		defer p.mu.Unlock()
		if w.state >= workerReady || w.overdue {
			return
		}
		if w.child == nil || !w.child.Stopped() {
			w.watchStart()
			return
		}
		w.overdue = true
		p.sched.Overlook(&w.Worker)
		p.reconcileLocked(sinceEpoch())
	})
}

// Shortage is not death. A worker that cannot be started because descriptors,
// processes or memory have run out says nothing about the next attempt: what is
// short may be there a moment later. So such a start is not counted among those that
// break the pool. It is tried again, with the back-off of workers that die, for as
// long as any worker lives, and for StartTimeout when none does: calls that wait
// must not wait without end.
type shortage struct {
	since time.Time // when no worker lived and the first start failed; zero if all is well
	told  bool      // the log has heard of it
}

// scarce names what an error says is short, and how to get more; empty if it is
// about something else.
func scarce(err error) string {
	for _, s := range []struct {
		errno syscall.Errno
		what  string
	}{
		{syscall.EMFILE, "this process has as many descriptors as it may (ulimit -n)"},
		{syscall.ENFILE, "the system has as many open files as it may"},
		{syscall.EAGAIN, "there are as many processes as there may be (ulimit -u, or the control group's pids.max)"},
		{syscall.ENOMEM, "memory is short"},
		{syscall.ENOSPC, "the file system of shared memory is full (/dev/shm)"},
	} {
		if errors.Is(err, s.errno) {
			return s.what
		}
	}
	return ""
}

// shortLocked is told that w did not come up. For a shortage it reports true: the
// start is tried again. What is to be logged then is in warn, if that was not said
// before. Once the shortage has lasted too long it reports false and how long.
func (p *ProcessPool) shortLocked(w *processWorker, startErr error) (short bool, warn string, tooLong error) {
	what := scarce(startErr)
	if what == "" || w.child != nil {
		return false, "", nil
	}
	now := time.Now()
	if p.short.since.IsZero() || p.anyAliveLocked() {
		p.short.since = now
	}
	if lasted := now.Sub(p.short.since); lasted >= p.cfg.StartTimeout {
		return false, "", fmt.Errorf("no worker process could be started for %v, for %s: %w", lasted.Round(time.Millisecond), what, startErr)
	}
	if !p.short.told {
		p.short.told = true
		warn = "executor: no further worker process can be started now, for " + what + "; it is tried again"
	}
	return true, warn, nil
}

// anyAliveLocked reports whether the pool has a worker that is a process.
func (p *ProcessPool) anyAliveLocked() bool {
	for _, sw := range p.sched.Workers() {
		if w := sw.Of; w.child != nil && w.state != workerDead {
			return true
		}
	}
	return false
}
