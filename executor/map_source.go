package executor

import (
	"context"
	"math"
	"runtime"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// The input of a Map is ranged over on a goroutine of its own, the puller, for it may
// block: results that are there must not wait for the next element, and ctx and Timeout
// must end the iteration all the same. The puller runs only while the iteration waits:
//
//	          request                  window full
//	parked ───────────► active ───────────────────────► parked
//	   │                  │  source ends, panics, Goexit
//	   │ abandon          ▼
//	   └─────────────► ended
//
// The iteration goes on without it, and at the same time as it, only if it takes
// longer than sourceGrace. So an input that does not block mostly runs in turns with
// the body of the loop, as if it were ranged over in place.

// sourceGrace is how long the iteration leaves a result lying that is there, for the
// puller to fill the window.
const sourceGrace = time.Millisecond

// request has the puller fill the window, if there is enough room for that to be
// worth a switch of goroutines.
func (m *mapping[A, R]) request() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended || m.active || !m.roomLocked() {
		return
	}
	m.active, m.asked = true, time.Now()
	if m.more == nil {
		m.more, m.pulled = make(chan struct{}, 1), make(chan struct{})
		go m.pull()
		return
	}
	m.more <- struct{}{}
}

// roomLocked gives the puller all the room that the window has, and reports whether
// that is worth its while.
func (m *mapping[A, R]) roomLocked() bool {
	room := m.opts.Window - times(m.opts.Chunk, len(m.order))
	if room < m.worthwhile {
		return false
	}
	m.room = room
	return true
}

// times returns n times chunk, or half of what an int holds if that is less: a chunk may
// be as large as a caller likes.
func times(chunk, n int) int {
	if n == 0 {
		return 0
	}
	return min(chunk, math.MaxInt/2/n) * n
}

// pull is the puller.
func (m *mapping[A, R]) pull() {
	var returned bool
	// Deferred, not inline: the source and bind may end the goroutine.
	defer func() {
		var err error
		if !returned {
			err = caught(recover())
		}
		m.mu.Lock()
		m.sourceErr, m.ended, m.active = err, true, false
		m.mu.Unlock()
		close(m.pulled)
		m.notify()
	}()
	for a := range m.in {
		m.add(a)
		if m.room--; m.room <= 0 {
			m.flush() // a window smaller than a chunk
			m.park()
		}
		if m.stopped.Load() {
			break
		}
	}
	if !m.stopped.Load() {
		m.flush()
	}
	returned = true
}

// park waits until there is room in the window again, or nothing more is wanted. The
// iteration asks for more only of a puller that is parked, and only once after it made
// room. So the puller looks again under the mutex: the room may have been made, or the
// iteration abandoned, after the puller was given its room and before it came here.
func (m *mapping[A, R]) park() {
	m.mu.Lock()
	if m.stopped.Load() || m.roomLocked() {
		m.mu.Unlock()
		return
	}
	m.active = false
	m.mu.Unlock()
	m.notify()
	<-m.more
}

// next returns the chunk to yield from, and takes it out of the order; nil without an
// error means that the input has ended and everything was yielded.
func (m *mapping[A, R]) next() (*mapped[R], error) {
	for tries := 0; ; tries++ {
		m.mu.Lock()
		c, ready := m.firstLocked()
		switch {
		case ready && (!m.active || time.Since(m.asked) >= sourceGrace), c != nil && !m.active:
			m.removeLocked(c)
			m.mu.Unlock()
			return c, nil
		case len(m.order) == 0 && m.ended:
			err := m.sourceErr
			m.mu.Unlock()
			return nil, err
		case m.ctx.Err() != nil:
			m.mu.Unlock()
			return nil, context.Cause(m.ctx)
		}
		if tries == 0 {
			m.mu.Unlock()
			runtime.Gosched() // mostly the puller is done by then
			continue
		}
		wake := future.New[None]()
		m.wake = wake
		left := sourceGrace - time.Since(m.asked)
		m.mu.Unlock()
		var timer *time.Timer
		switch {
		case ready:
			timer = time.AfterFunc(left, m.notify)
		case c != nil && !c.watched:
			c.watched = true
			c.onDone(m.notify)
		}
		_, err := wake.Future().Await(m.ctx)
		if timer != nil {
			timer.Stop()
		}
		switch {
		case err == nil:
		case m.ctx.Err() != nil:
			return nil, context.Cause(m.ctx)
		default:
			return nil, err
		}
	}
}

// firstLocked returns the chunk whose turn it is, nil if there is none yet, and
// whether it is done.
func (m *mapping[A, R]) firstLocked() (c *mapped[R], ready bool) {
	if m.opts.Unordered {
		if len(m.done) == 0 {
			return nil, false
		}
		return m.done[0], true
	}
	if len(m.order) == 0 {
		return nil, false
	}
	return m.order[0], m.order[0].isDone()
}

func (m *mapping[A, R]) removeLocked(c *mapped[R]) {
	if m.opts.Unordered {
		m.done = m.done[1:]
	}
	for i := range m.order {
		if m.order[i] == c {
			m.order = append(m.order[:i], m.order[i+1:]...)
			return
		}
	}
}

// arrived notes that c is done, for an unordered Map.
func (m *mapping[A, R]) arrived(c *mapped[R]) {
	m.mu.Lock()
	m.done = append(m.done, c)
	m.mu.Unlock()
	m.notify()
}

// notify has next look again.
func (m *mapping[A, R]) notify() {
	m.mu.Lock()
	wake := m.wake
	m.wake = nil
	m.mu.Unlock()
	if wake != nil {
		_ = wake.SetResult(None{})
	}
}

// abandon ends the puller and cancels the calls whose results will not be asked for.
// It waits for the end of a puller that is parked, as a range over the input in place
// would; one that is blocked in the input ends when that returns.
func (m *mapping[A, R]) abandon() {
	m.mu.Lock()
	m.stopped.Store(true)
	parked := m.more != nil && !m.active && !m.ended
	order := m.order
	m.order = nil
	m.mu.Unlock()
	if parked {
		m.more <- struct{}{}
		_ = whose.Block(context.WithoutCancel(m.ctx), func(context.Context) error {
			<-m.pulled
			return nil
		})
	}
	for _, c := range order {
		c.cancel()
	}
}
