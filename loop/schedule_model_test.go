package loop_test

import (
	"errors"
	"fmt"
	"slices"
	"time"
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
	onCancel   func() // what a cancellation does to the present wait; nil if there is none
	onDone     []func()
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
	t := &mtask{m: m, id: o.id, resume: make(chan none)}
	t.body = func() error { return t.do(o, at) }
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
	t.requests++
	if t.onCancel == nil {
		t.mustCancel = true
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
func (t *mtask) wait(arm func(wake func()), onCancel func(wake func())) error {
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
	if t.mustCancel && t.onCancel != nil {
		t.mustCancel = false
		t.onCancel()
	}
	t.m.yield <- none{}
	<-t.resume
	if t.mustCancel {
		t.mustCancel = false
		canceled = true
	}
	if canceled {
		return mcanceled
	}
	return nil
}

func (t *mtask) sleep(d time.Duration) error {
	var timer *mtimer
	err := t.wait(func(wake func()) { timer = t.m.after(d, wake) }, nil)
	t.m.drop(timer)
	return err
}

func (t *mtask) join(other *mtask, shielded bool) error {
	if other.done {
		return other.err
	}
	var onCancel func(func())
	if !shielded {
		onCancel = func(func()) { other.cancel() }
	}
	err := t.wait(func(wake func()) {
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

// gather waits for the first error, or for all.
func (t *mtask) gather(tasks []*mtask) (first error) {
	left, requested := len(tasks), false
	err := t.wait(func(wake func()) {
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

func (t *mtask) do(o *op, at mplace) error {
	err := t.doKind(o, at)
	how := "canceled"
	if !wasCanceled(err) {
		how = ending(err)
	}
	t.m.log = append(t.m.log, fmt.Sprintf("%10d %s%d %s requests=%d", t.m.now, o.kind, o.id, how, t.requests))
	return err
}

func (t *mtask) doKind(o *op, at mplace) error {
	switch o.kind {
	case "sleep":
		return t.sleep(o.d)
	case "fail":
		if err := t.sleep(o.d); err != nil {
			return err
		}
		return opError(o.id)
	case "stop":
		if err := t.sleep(o.d); err != nil {
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
		err := t.do(o.kids[0], at)
		if err != nil && t.sleep(o.d) != nil {
			return mcanceled
		}
		return err
	case "swallow", "replace":
		err := t.do(o.kids[0], at)
		switch {
		case !wasCanceled(err):
			return err
		case o.kind == "swallow":
			return nil
		}
		return opError(o.id)
	case "seq":
		for _, kid := range o.kids {
			if err := t.do(kid, at); err != nil {
				return err
			}
		}
		return nil
	case "timeout":
		return t.timeout(o.d, func(l *mlimit) error { return t.do(o.kids[0], mplace{at.group, l}) })
	case "group":
		return t.group(o.kids[1:], func() error { return t.do(o.kids[0], at) })
	}
	var tasks []*mtask
	for _, kid := range o.kids {
		tasks = append(tasks, t.m.spawn(kid, mplace{}))
	}
	switch o.kind {
	case "waitfor": // as CPython has it since 3.12
		return t.timeout(o.d, func(*mlimit) error { return t.join(tasks[0], false) })
	case "gather":
		return t.gather(tasks)
	}
	return t.join(tasks[0], o.kind == "shield")
}
