package future

import (
	"runtime"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/origin"
)

// An Unseen is the error of a failed future at which nobody has looked. It is
// made only when a future of a loop fails, so the normal path pays nothing.
type Unseen struct {
	err  error
	seen atomic.Bool
	told atomic.Bool
	home Reporter
	task string
	site *origin.Site
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

// Created returns the stack of whoever made the future or task, "" if it was not
// made in debug mode.
func (u *Unseen) Created() string { return u.site.String() }

// Seen reports whether somebody looked at the error, or was told of it.
func (u *Unseen) Seen() bool { return u.seen.Load() || u.told.Load() }

// taskInfo is a Canceler that is a task.
type taskInfo interface {
	TaskInfo() (name string, site *origin.Site)
}

// noteUnseen arranges for err to be reported if the future goes without anybody
// having looked. The caller holds mu.
func (c *core) noteUnseen(err error) {
	r, ok := c.home.(Reporter)
	if !ok {
		return
	}
	u := &Unseen{err: err, home: r}
	u.site = c.site()
	if t, ok := c.canceler.(taskInfo); ok {
		u.task, u.site = t.TaskInfo()
	}
	c.extra().unseen = u
	r.NoteUnseen(u)
	runtime.AddCleanup(c, func(u *Unseen) {
		if !u.Seen() {
			u.home.ReportUnseen(u)
		}
	}, u)
}
