package loop_test

import (
	"math"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// An mctx is a context of the model. It is done if it has ended itself or what it was
// made from has.
type mctx struct {
	parent   *mctx
	in       *mscope // in whose body it was made, nil for the task's
	done     bool
	detached bool // nothing ends it
}

func (c *mctx) ended() bool {
	for ; c != nil; c = c.parent {
		if c.done {
			return true
		}
	}
	return false
}

// told reports whether a wait with c is told of a request that a scope of depth
// reach makes: also if c is there by mistake, from around the scope.
func (c *mctx) told(reach int) bool {
	switch {
	case c.ended():
		return true
	case c.detached || reach == 0:
		return false
	case c.in == nil || c.in.depth < reach:
		return true
	}
	return c.in.around.told(reach)
}

// An mscope is what timeouts and groups of the model have in common.
type mscope struct {
	t              *mtask
	outer          *mscope
	depth          int
	around, inside *mctx
}

func (t *mtask) enter(c *mctx) *mscope {
	t.depth++
	s := &mscope{t: t, depth: t.depth, around: c, outer: t.scope}
	t.scope = s
	s.inside = &mctx{in: s}
	if !c.detached {
		s.inside.parent = c
	}
	return s
}

func (s *mscope) leave() {
	s.t.depth--
	s.t.scope = s.outer
}

func (s *mscope) stop() {
	s.inside.done = true
	s.t.endResumed(s)
	s.t.request(s.depth)
}

// resumption is Resume.
func (t *mtask) resumption(c *mctx) *mctx {
	if !c.ended() {
		return c
	}
	t.mustCancel = false
	r := &mctx{in: c.in}
	t.resumed = append(t.resumed, r)
	return r
}

// endResumed ends the contexts that were resumed in the scope by, nil being the task,
// and then, as long as there are any, those in scopes inside whose own has ended.
func (t *mtask) endResumed(by *mscope) {
	reached := func(r *mctx) bool {
		if r.in == by {
			return true
		}
		for s := r.in; s != nil; s = s.outer {
			if s == by || by == nil {
				return r.in.around.ended()
			}
		}
		return false
	}
	for again := true; again; {
		again = false
		t.resumed = slices.DeleteFunc(t.resumed, func(r *mctx) bool {
			if reached(r) {
				r.done, again = true, true
			}
			return r.done
		})
	}
}

// An mlimit is a timeout of the model.
type mlimit struct {
	state  timeoutPhase
	timer  *mtimer
	fire   func()
	around *mctx
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

func (t *mtask) timeout(c *mctx, d time.Duration, body func(*mlimit, *mctx) error) error {
	before := t.requests
	l := &mlimit{around: c}
	s := t.enter(c)
	l.fire = func() {
		s.stop()
		l.state = limitExpiring
	}
	l.timer = t.m.after(d, l.fire)
	err := body(l, s.inside)
	s.leave()
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
	scope           *mscope
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
		g.scope.stop()
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
		g.scope.stop()
	}
}

func (t *mtask) group(c *mctx, kids []*op, body func(*mctx) error) error {
	g := &mgroup{parent: t, before: t.requests, scope: t.enter(c)}
	defer g.scope.leave()
	for _, kid := range kids {
		child := t.m.spawn(kid, mplace{group: g})
		g.tasks = append(g.tasks, child)
		child.onDone = append(child.onDone, func() { t.m.soon(func() { g.ended(child) }) })
	}
	err := body(g.scope.inside)
	g.exiting = true
	var propagate, late error
	if wasCanceled(err) {
		propagate = err
	}
	if err != nil {
		g.abort()
	}
	for len(g.tasks) > 0 {
		if t.wait(g.scope.inside, func(wake func()) { g.wake = wake }, nil) != nil {
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
		t.request(math.MaxInt) // to be told again, by whatever wait comes
	}
	return &loop.ErrorGroup{Errors: g.errs}
}
