package loop_test

import (
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// An mlimit is a timeout of the model.
type mlimit struct {
	state timeoutPhase
	timer *mtimer
	fire  func()
}

type timeoutPhase int

const (
	limitActive timeoutPhase = iota
	limitExpiring
	limitOver
)

type mplace struct {
	group *mgroup
	limit *mlimit
}

func (t *mtask) timeout(d time.Duration, body func(*mlimit) error) error {
	before := t.requests
	l := &mlimit{}
	l.fire = func() {
		t.cancel()
		l.state = limitExpiring
	}
	l.timer = t.m.after(d, l.fire)
	err := body(l)
	t.m.drop(l.timer)
	expiring := l.state == limitExpiring
	l.state = limitOver
	if expiring && t.uncancel() <= before && wasCanceled(err) {
		return loop.ErrTimeout
	}
	return err
}

// An mgroup is a task group of the model.
type mgroup struct {
	parent          *mtask
	before          int
	tasks           []*mtask
	errs            []error
	exiting         bool
	aborting        bool
	parentRequested bool
	wake            func()
}

func (g *mgroup) abort() {
	if g.aborting {
		return
	}
	g.aborting = true
	for _, t := range slices.Clone(g.tasks) {
		t.cancel()
	}
}

func (g *mgroup) ended(t *mtask) {
	g.tasks = slices.DeleteFunc(g.tasks, func(u *mtask) bool { return u == t })
	if len(g.tasks) == 0 && g.wake != nil {
		g.wake()
	}
	if t.err == nil || wasCanceled(t.err) {
		return
	}
	g.errs = append(g.errs, t.err)
	if !g.aborting && !g.parentRequested {
		g.abort()
		g.parentRequested = true
		g.parent.cancel()
	}
}

// stop is TaskGroup.Cancel, which CPython does not have.
func (g *mgroup) stop() {
	if g.aborting || g.exiting && len(g.tasks) == 0 {
		return
	}
	g.abort()
	if !g.exiting {
		g.parentRequested = true
		g.parent.cancel()
	}
}

func (t *mtask) group(kids []*op, body func() error) error {
	g := &mgroup{parent: t, before: t.requests}
	for _, kid := range kids {
		child := t.m.spawn(kid, mplace{group: g})
		g.tasks = append(g.tasks, child)
		child.onDone = append(child.onDone, func() { t.m.soon(func() { g.ended(child) }) })
	}
	err := body()
	g.exiting = true
	var propagate, late error
	if wasCanceled(err) {
		propagate = err
	}
	if err != nil {
		g.abort()
	}
	for len(g.tasks) > 0 {
		if t.wait(func(wake func()) { g.wake = wake }, nil) != nil {
			if g.aborting {
				late = mcanceled
			} else {
				propagate = mcanceled
				g.abort()
			}
		}
		g.wake = nil
	}
	if g.parentRequested {
		if t.uncancel() <= g.before {
			propagate = nil
		} else if propagate == nil {
			propagate = late
		}
	}
	if err != nil && !wasCanceled(err) {
		g.errs = append(g.errs, err)
	}
	if len(g.errs) == 0 {
		return propagate
	}
	if t.requests > 0 {
		t.uncancel()
		t.cancel()
	}
	return &loop.ErrorGroup{Errors: g.errs}
}
