package loop_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A model is the smallest loop that can run a program: a clock that jumps, a list
// of what is ready, and one goroutine for each task, of which one runs at a time.
type model struct {
	now    time.Duration
	ready  []func()
	timers []*mtimer
	tasks  map[int]*mtask
	live   int
	log    []string
	yield  chan none
}

type mtimer struct {
	at time.Duration
	fn func()
}

// An mtask is a task of the model.
type mtask struct {
	m          *model
	id         int
	resume     chan none
	body       func() error
	started    bool
	done       bool
	err        error
	requests   int
	mustCancel bool
	reach      int    // of the request that is to be told
	ctx        *mctx  // of the present wait
	onCancel   func() // what a cancellation does to the present wait; nil if there is none
	onDone     []func()

	base    *mctx
	depth   int     // how many scopes it is in
	scope   *mscope // the innermost
	resumed []*mctx // and not done
}

func runOnModel(p program) []string {
	m := &model{tasks: map[int]*mtask{}, yield: make(chan none)}
	m.spawn(p.root, mplace{})
	for _, a := range p.attacks {
		m.after(a.at, func() {
			if t := m.tasks[a.target]; t != nil {
				t.cancel()
			}
		})
	}
	for m.live > 0 || len(m.ready) > 0 {
		if len(m.ready) == 0 {
			i := slices.IndexFunc(m.timers, func(t *mtimer) bool {
				return !slices.ContainsFunc(m.timers, func(u *mtimer) bool { return u.at < t.at })
			})
			first := m.timers[i]
			m.timers = slices.Delete(m.timers, i, i+1)
			m.now = first.at
			first.fn()
			continue
		}
		next := m.ready[0]
		m.ready = m.ready[1:]
		next()
	}
	slices.Sort(m.log)
	return m.log
}

func (m *model) soon(fn func()) { m.ready = append(m.ready, fn) }

func (m *model) after(d time.Duration, fn func()) *mtimer {
	t := &mtimer{m.now + d, fn}
	m.timers = append(m.timers, t)
	return t
}

func (m *model) drop(t *mtimer) {
	if i := slices.Index(m.timers, t); i >= 0 {
		m.timers = slices.Delete(m.timers, i, i+1)
	}
}

func (m *model) spawn(o *op, at mplace) *mtask {
	t := &mtask{m: m, id: o.id, resume: make(chan none), base: &mctx{}}
	t.body = func() error { return t.do(o, at, t.base) }
	m.tasks[o.id] = t
	m.live++
	m.soon(func() { m.step(t) })
	return t
}

// step runs t until it waits or ends.
func (m *model) step(t *mtask) {
	switch {
	case !t.started && t.mustCancel:
		t.end(mcanceled)
		return
	case !t.started:
		t.started = true
		go func() {
			<-t.resume
			err := t.body()
			if err == nil && t.mustCancel {
				err = mcanceled
			}
			t.end(err)
			m.yield <- none{}
		}()
	}
	t.resume <- none{}
	<-m.yield
}

func (t *mtask) end(err error) {
	t.done, t.err = true, err
	t.m.live--
	for _, fn := range t.onDone {
		fn()
	}
}

func (t *mtask) cancel() {
	if t.done {
		return
	}
	t.base.done = true
	t.endResumed(nil)
	t.request(0)
}

// request tells the present wait, or the next, of a request that a scope of depth
// reach makes.
func (t *mtask) request(reach int) {
	t.requests++
	if t.onCancel == nil || !t.ctx.told(reach) {
		t.mustCancel, t.reach = true, reach
		return
	}
	t.onCancel()
}

func (t *mtask) uncancel() int {
	if t.requests > 0 {
		t.requests--
		if t.requests == 0 {
			t.mustCancel = false
		}
	}
	return t.requests
}

// mcanceled stands for CancelledError.
var mcanceled error = opError(-1)

func wasCanceled(err error) bool { return errors.Is(err, mcanceled) }

// wait suspends t until wake is called. onCancel is what a cancellation does.
func (t *mtask) wait(c *mctx, arm func(wake func()), onCancel func(wake func())) error {
	t.ctx = c
	woken, canceled := false, false
	wake := func() {
		if !woken {
			woken = true
			t.onCancel = nil
			t.m.soon(func() { t.m.step(t) })
		}
	}
	t.onCancel = func() {
		if onCancel != nil {
			onCancel(wake)
			return
		}
		canceled = true
		wake()
	}
	arm(wake)
	if t.mustCancel && t.onCancel != nil && c.told(t.reach) {
		t.mustCancel = false
		t.onCancel()
	}
	t.m.yield <- none{}
	<-t.resume
	if canceled || t.mustCancel && c.told(t.reach) {
		t.mustCancel = false
		return mcanceled
	}
	return nil
}

// refused is the rule of contexts: one that is done fails every wait. A request of
// which no wait has told yet is told by the wait itself.
func (t *mtask) refused(c *mctx) bool {
	if !c.ended() || t.mustCancel {
		return false
	}
	t.m.soon(func() { t.m.step(t) })
	t.m.yield <- none{}
	<-t.resume
	return true
}

func (t *mtask) sleep(c *mctx, d time.Duration) error {
	if t.refused(c) {
		return mcanceled
	}
	var timer *mtimer
	err := t.wait(c, func(wake func()) { timer = t.m.after(d, wake) }, nil)
	t.m.drop(timer)
	return err
}

func (t *mtask) join(c *mctx, other *mtask, shielded bool) error {
	if other.done {
		return other.err
	}
	if t.refused(c) {
		return mcanceled
	}
	var onCancel func(func())
	if !shielded {
		onCancel = func(func()) { other.cancel() }
	}
	err := t.wait(c, func(wake func()) {
		if shielded { // the shield is a future of its own, with a callback between
			woken := wake
			wake = func() { t.m.soon(woken) }
		}
		other.onDone = append(other.onDone, wake)
	}, onCancel)
	if err != nil {
		return err
	}
	return other.err
}

// waitFor is join with a limit, which cancels other and waits on.
func (t *mtask) waitFor(c *mctx, other *mtask, d time.Duration) error {
	expired, requested := false, false
	timer := t.m.after(d, func() {
		expired = !other.done
		other.cancel()
	})
	defer t.m.drop(timer)
	if t.refused(c) {
		return mcanceled
	}
	err := t.wait(c, func(wake func()) { other.onDone = append(other.onDone, wake) }, func(func()) {
		requested = true
		other.cancel()
	})
	switch {
	case err != nil:
		return err
	case expired && !requested && wasCanceled(other.err):
		return loop.ErrTimeout
	}
	return other.err
}

// gather waits for the first error, or for all.
func (t *mtask) gather(c *mctx, tasks []*mtask) (first error) {
	if t.refused(c) {
		return mcanceled
	}
	left, requested := len(tasks), false
	err := t.wait(c, func(wake func()) {
		for _, u := range tasks {
			told := func() {
				left--
				if first == nil {
					first = u.err
				}
				if first != nil || left == 0 {
					wake()
				}
			}
			u.onDone = append(u.onDone, func() { t.m.soon(told) })
		}
	}, func(func()) {
		for _, u := range tasks {
			requested = requested || !u.done
			u.cancel()
		}
	})
	if err == nil && first == nil && requested {
		err = mcanceled
	}
	if err != nil {
		return err
	}
	return first
}

func (t *mtask) do(o *op, at mplace, c *mctx) error {
	err := t.doKind(o, at, c)
	how := "canceled"
	if !wasCanceled(err) {
		how = ending(err)
	}
	t.m.log = append(t.m.log, fmt.Sprintf("%10d %s%d %s requests=%d", t.m.now, o.kind, o.id, how, t.requests))
	return err
}

func (t *mtask) doKind(o *op, at mplace, c *mctx) error {
	switch o.kind {
	case "sleep":
		return t.sleep(c, o.d)
	case "fail":
		if err := t.sleep(c, o.d); err != nil {
			return err
		}
		return opError(o.id)
	case "stop":
		if err := t.sleep(c, o.d); err != nil {
			return err
		}
		if at.group != nil {
			at.group.stop()
		}
		return nil
	case "move":
		if l := at.limit; l != nil && l.state == limitActive {
			t.m.drop(l.timer)
			l.timer = t.m.after(o.d, l.fire)
		}
		return nil
	case "cleanup":
		err := t.do(o.kids[0], at, c)
		if err != nil && t.sleep(c, o.d) != nil {
			return mcanceled
		}
		return err
	case "keep":
		err := t.do(o.kids[0], at, c)
		if err != nil && t.sleep(&mctx{detached: true}, o.d) != nil {
			return mcanceled
		}
		return err
	case "resume":
		err := t.do(o.kids[0], at, c)
		if wasCanceled(err) {
			return t.do(o.kids[1], at, t.resumption(c))
		}
		return err
	case "outer":
		if at.limit != nil {
			c = at.limit.around
		}
		return t.do(o.kids[0], at, c)
	case "again":
		_ = t.do(o.kids[0], at, c)
		return t.sleep(c, o.d)
	case "apart":
		return t.do(o.kids[0], at, &mctx{in: c.in, detached: true})
	case "swallow", "replace":
		err := t.do(o.kids[0], at, c)
		switch {
		case !wasCanceled(err):
			return err
		case o.kind == "swallow":
			return nil
		}
		return opError(o.id)
	case "seq":
		for _, kid := range o.kids {
			if err := t.do(kid, at, c); err != nil {
				return err
			}
		}
		return nil
	case "timeout":
		return t.timeout(c, o.d, func(l *mlimit, c *mctx) error { return t.do(o.kids[0], mplace{at.group, l}, c) })
	case "group":
		return t.group(c, o.kids[1:], func(c *mctx) error { return t.do(o.kids[0], at, c) })
	}
	var tasks []*mtask
	for _, kid := range o.kids {
		tasks = append(tasks, t.m.spawn(kid, mplace{}))
	}
	switch o.kind {
	case "waitfor":
		return t.waitFor(c, tasks[0], o.d)
	case "gather":
		return t.gather(c, tasks)
	}
	return t.join(c, tasks[0], o.kind == "shield")
}
