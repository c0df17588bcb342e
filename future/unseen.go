package future

import (
	"runtime"
	"sync/atomic"
)

// An Unseen is the error of a failed future at which nobody has looked. It is
// made only when a future of a loop fails, so the normal path pays nothing.
type Unseen struct {
	err  error
	seen atomic.Bool
	told atomic.Bool
	home Reporter
	task string
}

// A Reporter is a [Poster] that wants to hear of errors nobody looked at.
type Reporter interface {
	Poster
	// NoteUnseen is called when a future fails. The error may still be
	// looked at; [Unseen.Take] tells.
	NoteUnseen(u *Unseen)
	// ReportUnseen is called when the failed future has become unreachable,
	// from a goroutine of the runtime: nobody can look any more.
	ReportUnseen(u *Unseen)
}

// Take returns the error if nobody has looked at it, once.
func (u *Unseen) Take() (err error, ok bool) {
	if u.seen.Load() || u.told.Swap(true) {
		return nil, false
	}
	return u.err, true
}

// Task returns the name of the task that failed, "" if the future was no task's.
func (u *Unseen) Task() string { return u.task }

// Seen reports whether somebody looked at the error, or was told of it.
func (u *Unseen) Seen() bool { return u.seen.Load() || u.told.Load() }

// noteUnseen arranges for err to be reported if the future goes without anybody
// having looked. The caller holds mu.
func (c *core) noteUnseen(err error) {
	r, ok := c.home.(Reporter)
	if !ok {
		return
	}
	u := &Unseen{err: err, home: r}
	if t, ok := c.canceler.(interface{ TaskName() string }); ok {
		u.task = t.TaskName()
	}
	c.extra().unseen = u
	r.NoteUnseen(u)
	runtime.AddCleanup(c, func(u *Unseen) {
		if !u.Seen() {
			u.home.ReportUnseen(u)
		}
	}, u)
}
