package bridge

import (
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/origin"
)

// An Unseen is the error of a failed future that was not looked at. It is
// made only when a future of a loop fails, so the normal path pays nothing.
type Unseen struct {
	Home Loop   // to be told; never changes
	Task string // the name of the task that failed, "" if the future was no task's
	// Function is the name of the work on an executor that failed, "" if the
	// future was not that of such work.
	Function string
	Site     *origin.Site // where the future or task was made; nil outside debug mode

	err  error
	seen atomic.Bool
	told atomic.Bool
}

// NewUnseen returns the record of err.
func NewUnseen(home Loop, task string, site *origin.Site, err error) *Unseen {
	return &Unseen{Home: home, Task: task, Site: site, err: err}
}

// See notes that the error was looked at.
func (u *Unseen) See() { u.seen.Store(true) }

// Seen reports whether the error was looked at, or told to a handler.
func (u *Unseen) Seen() bool { return u.seen.Load() || u.told.Load() }

// Take returns the error if it was not looked at, once.
func (u *Unseen) Take() (err error, ok bool) {
	if u.seen.Load() || u.told.Swap(true) {
		return nil, false
	}
	return u.err, true
}
