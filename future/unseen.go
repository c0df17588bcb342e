package future

import (
	"runtime"

	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/origin"
)

// taskInfo is a Canceler that is a task.
type taskInfo interface {
	TaskInfo() (name string, site *origin.Site)
}

// workInfo is a Canceler that is work on an executor.
type workInfo interface{ Name() string }

// noteUnseen arranges for err to be reported if the future goes without having
// been looked at. The caller holds mu.
func (c *core) noteUnseen(err error) {
	if c.home == nil {
		return
	}
	home := bridge.LoopOf(c.home)
	if home == nil {
		return
	}
	task, site := "", c.site()
	if t, ok := c.canceler.(taskInfo); ok {
		task, site = t.TaskInfo()
	}
	u := bridge.NewUnseen(home, task, site, err)
	if w, ok := c.canceler.(workInfo); ok && task == "" {
		u.Function = w.Name()
	}
	c.extra().unseen = u
	home.NoteUnseen(u)
	runtime.AddCleanup(c, func(u *bridge.Unseen) {
		if !u.Seen() {
			u.Home.ReportUnseen(u)
		}
	}, u)
}
