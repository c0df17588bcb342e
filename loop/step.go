package loop

import (
	"runtime"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/coro"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// start makes the first step of t ready, or takes it.
func (l *Loop) start(t *task) error {
	if !l.owned() {
		// The task enters the list under the inbox's lock, which Close takes
		// first: a task is either refused here or unwound there, never both.
		_, err := l.inbox.putWith(post{entry: entry{t: t}}, func() { l.tasks.add(t) })
		return err
	}
	l.tasks.add(t)
	if t.eager {
		l.stepInline(t)
		return nil
	}
	l.makeReady(t)
	return nil
}

// step runs t until its next await or its end. It is called by the loop itself,
// which calls stepped in its place if step panics with coro.Goexited.
func (l *Loop) step(t *task) {
	switch {
	case t.co == nil:
		if !l.firstStep(t) {
			return
		}
	case t.park.Load()&1 == 0:
		// The wait that made this step ready was over before the task was
		// suspended, and the one it is in now goes on.
		return
	}
	l.current = t
	l.owner.Store(t.co.ID())
	t.co.Switch()
	l.stepped()
}

// firstStep gives t a coroutine. It reports false if there is no step to take.
func (l *Loop) firstStep(t *task) bool {
	if t.finished {
		return false
	}
	t.readMail()
	if t.mustCancel {
		t.self.abandon(future.Canceled(t.cause))
		return false
	}
	if t.ctx.ended.Load() {
		// The request was taken back before the body could hear of it.
		t.ctx.renew()
		t.history = nil
	}
	t.co = l.coroutine()
	t.co.Start(t)
	return true
}

// stepped cleans up after a step. The task that has made it need not be the one that was
// resumed: see Next.
func (l *Loop) stepped() {
	t := l.current
	l.owner.Store(l.gid)
	l.current = nil
	if t.finished {
		l.release(t)
		if l.exiting {
			l.exiting = false
			runtime.Goexit() // as a callback asked; see lend
		}
	}
}

// maxIdle is how many coroutines wait for a task. To make one takes a microsecond, and to keep it
// 3 KB: a million tasks that waited at the same time must not leave a million of them behind.
const maxIdle = 1024

// release takes the coroutine away from a task that is done.
func (l *Loop) release(t *task) {
	switch {
	case !t.co.Idle():
	case len(l.idle) < maxIdle:
		l.idle = append(l.idle, t.co)
	default:
		t.co.Stop()
	}
	t.co = nil
}

// stepInline is the first step of an eager task, in its creator's turn: a callback's or
// another task's.
func (l *Loop) stepInline(t *task) {
	if !l.firstStep(t) {
		return
	}
	outer, owner := l.current, l.owner.Load()
	l.current = t
	l.owner.Store(t.co.ID())
	l.nested++
	t.co.Resume()
	l.nested--
	l.owner.Store(owner)
	l.current = outer
	if t.finished {
		l.release(t)
	}
}

// coroutine returns one that is idle. Making it here, at a task's first step and
// not at its creation, makes it on the loop's goroutine; see coro.New.
func (l *Loop) coroutine() *coro.Coroutine {
	if n := len(l.idle); n > 0 {
		c := l.idle[n-1]
		l.idle[n-1] = nil
		l.idle = l.idle[:n-1]
		return c
	}
	return coro.New()
}

// stopIdle ends the coroutines that wait for a task. The loop does so whenever it
// stops running: the next run may come from a goroutine under another thread
// lock state, and a loop that is never closed leaves no goroutines behind.
func (l *Loop) stopIdle() {
	for i, c := range l.idle {
		c.Stop()
		l.idle[i] = nil
	}
	l.idle = l.idle[:0]
}

// Main is the body of the task's coroutine; it implements coro.Body.
func (t *task) Main() {
	id := t.co.ID()
	t.gid.Store(id)
	t.l.owner.Store(id) // a new coroutine has no id before it runs
	t.self.run()
}

// Crashed settles a task whose body panicked or left by runtime.Goexit.
func (t *task) Crashed(value any, goexit bool, stack []byte) {
	switch {
	case goexit && t.co.Stopping():
		t.self.abandon(ErrClosed)
		return
	case goexit && t.l.exiting:
		t.self.abandon(errCallbackGoexit)
		return
	}
	t.self.crashed(&future.PanicError{Value: value, Goexit: goexit, Function: t.getName(), Stack: stack})
}

// Next takes over the coroutine of t, which has ended, for the task that the loop would
// step next, if that one is about to begin: a thousand tasks that never wait take one
// switch there and one back. All that a turn does between two tasks is done here; where
// it has to do more, the loop does it. It implements coro.Body.
func (t *task) Next() coro.Body {
	l := t.l
	if l.ready.head == l.end || l.nested > 0 || l.attention.Load() != 0 {
		return nil
	}
	n := l.ready.first().t
	if n == nil || !n.unstarted() {
		return nil
	}
	l.ready.pop()
	n.co, t.co = t.co, nil
	l.current = n
	return n
}

// unstarted reports whether the first step of t is due, with nothing to be looked at
// before it: see firstStep.
func (t *task) unstarted() bool {
	return t.co == nil && !t.finished && !t.mustCancel && t.mailed.Load() == 0 && !t.ctx.ended.Load()
}

// CurrentHost makes the task the host of its coroutine, but for the callbacks to which
// it lends that.
func (t *task) CurrentHost() whose.Host {
	if t.lent {
		return (*callbackHost)(t.l)
	}
	return t
}

// finish ends the task's life on the loop, before its outcome is told.
func (t *task) finish() {
	t.finished = true
	t.gid.Store(0)
	t.ctx.release()
	t.l.tasks.remove(t)
}
