package natsexec

import (
	"log/slog"
	"runtime/debug"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
)

// A mailbox runs functions, one after the other, on a goroutine of its own. They may
// call code of the user: callbacks of futures, listeners to progress. If that ends the
// goroutine, another one goes on with the next function; if it panics, that is logged.
//
// It has no limit: what comes in is bounded by the calls that nodes have.
type mailbox struct {
	log *slog.Logger

	mu     sync.Mutex
	wake   sync.Cond
	queue  []func() // guarded by mu
	closed bool     // guarded by mu
	owner  int64    // the goroutine that runs the functions; guarded by mu
	done   chan struct{}
}

func newMailbox(log *slog.Logger) *mailbox {
	m := &mailbox{log: log, done: make(chan struct{})}
	m.wake.L = &m.mu
	go m.run()
	return m
}

// post adds a function. After close it is dropped.
func (m *mailbox) post(fn func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.queue = append(m.queue, fn)
		m.wake.Signal()
	}
}

// inside reports whether a function of the mailbox calls.
func (m *mailbox) inside() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.owner == foreign.Caller()
}

// close ends the mailbox when what was posted has been run, and waits for that, unless
// one of its own functions calls.
func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.wake.Signal()
	m.mu.Unlock()
	if !m.inside() {
		<-m.done
	}
}

func (m *mailbox) run() {
	ended := false
	defer func() {
		if ended {
			close(m.done)
			return
		}
		if r := recover(); r != nil {
			m.log.Error("natsexec: a callback panicked", "panic", r, "stack", string(debug.Stack()))
		}
		go m.run()
	}()
	m.mu.Lock()
	m.owner = foreign.Caller()
	for {
		for len(m.queue) == 0 && !m.closed {
			m.wake.Wait()
		}
		if len(m.queue) == 0 {
			ended = true
			m.mu.Unlock()
			return
		}
		fn := m.queue[0]
		m.queue[0] = nil
		m.queue = m.queue[1:]
		m.mu.Unlock()
		fn()
		m.mu.Lock()
	}
}
