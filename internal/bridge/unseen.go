package bridge

import (
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/origin"
)

// An Unseen is the error of a failed future at which nobody has looked. It is
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

// See notes that somebody has looked.
func (u *Unseen) See() { u.seen.Store(true) }

// Seen reports whether somebody looked at the error, or was told of it.
func (u *Unseen) Seen() bool { return u.seen.Load() || u.told.Load() }

// Take returns the error if nobody has looked at it, once.
func (u *Unseen) Take() (err error, ok bool) {
	if u.seen.Load() || u.told.Swap(true) {
		return nil, false
	}
	return u.err, true
}
