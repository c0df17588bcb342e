package executor

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

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
	for _, w := range p.workers {
		if w.child != nil && w.state != workerDead {
			return true
		}
	}
	return false
}
