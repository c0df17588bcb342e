package loop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
)

// AddSignalHandler arranges for fn to be called on the loop, as a callback, each
// time the process gets the signal. There is one handler for each signal: a second
// call replaces the first. A burst of one signal may be told of once.
//
// It lasts until [Loop.RemoveSignalHandler] or Close; while the loop does not run
// the callbacks wait. The signal package delivers a signal to all that asked
// for it, so other loops and other code of the process get it too. With a handler
// for [os.Interrupt], Run and Runner on this loop leave the interrupt to it.
//
// It returns [ErrUncatchable] for SIGKILL and SIGSTOP, [ErrClosed] on a closed
// loop, and inside a synctest bubble, where signals cannot be waited for, an error
// that wraps [errors.ErrUnsupported].
//
// Any goroutine may call it. It stands for loop.add_signal_handler.
func (l *Loop) AddSignalHandler(sig os.Signal, fn func()) error {
	switch {
	case fn == nil:
		return errNilCallback
	case sig == nil:
		return errors.New("loop: AddSignalHandler: the signal is nil")
	case uncatchable(sig):
		return fmt.Errorf("%w: %v", ErrUncatchable, sig)
	case inBubble():
		return fmt.Errorf("loop: AddSignalHandler: %w inside a synctest bubble", errors.ErrUnsupported)
	}
	return l.signals.add(l, sig, fn)
}

// OnSignal is [Loop.AddSignalHandler] for the loop that ctx carries, and for any
// number of signals. If one of them is refused, none has the handler.
//
//	loop.OnSignal(ctx, stop.Set, os.Interrupt, syscall.SIGTERM)
func OnSignal(ctx context.Context, fn func(), sigs ...os.Signal) error {
	l, err := FromContext(ctx)
	if err != nil {
		return fmt.Errorf("loop: OnSignal: %w", err)
	}
	if len(sigs) == 0 {
		return errors.New("loop: OnSignal: name the signals")
	}
	for i, sig := range sigs {
		if err := l.AddSignalHandler(sig, fn); err != nil {
			for _, sig := range sigs[:i] {
				l.RemoveSignalHandler(sig)
			}
			return err
		}
	}
	return nil
}

// RemoveSignalHandler takes back a handler and restores what the signal does by
// default, unless other code of the process asked for it. It reports whether there
// was a handler. A callback that is already scheduled does not run any more.
//
// Any goroutine may call it. It stands for loop.remove_signal_handler.
func (l *Loop) RemoveSignalHandler(sig os.Signal) bool { return l.signals.remove(sig) }

type signalHandlers struct {
	mu     sync.Mutex // guards what follows
	bySig  map[os.Signal]*signalHandler
	closed bool
}

// A signalHandler has a goroutine and a channel for one signal: signals are rare,
// and the signal package cannot take one of several away from a channel.
type signalHandler struct {
	fn   func()         // guarded by the mutex of signalHandlers
	ch   chan os.Signal // capacity 1
	quit chan struct{}  // closed to end the goroutine
	done chan struct{}  // closed by the goroutine
}

func (s *signalHandlers) add(l *Loop, sig os.Signal, fn func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if h := s.bySig[sig]; h != nil {
		h.fn = fn
		return nil
	}
	h := &signalHandler{fn: fn, ch: make(chan os.Signal, 1), quit: make(chan struct{}), done: make(chan struct{})}
	signal.Notify(h.ch, sig)
	if s.bySig == nil {
		s.bySig = make(map[os.Signal]*signalHandler)
	}
	s.bySig[sig] = h
	go s.forward(l, sig, h)
	return nil
}

// forward is the goroutine of h.
func (s *signalHandlers) forward(l *Loop, sig os.Signal, h *signalHandler) {
	defer close(h.done)
	for {
		select {
		case <-h.quit:
			return
		case <-h.ch:
		}
		// What is called is decided on the loop: the handler may have been
		// replaced or removed until then.
		_, _ = l.CallSoonThreadsafe(func() {
			if fn := s.current(sig, h); fn != nil {
				fn()
			}
		})
	}
}

// current returns the function of h, or nil if h was removed.
func (s *signalHandlers) current(sig os.Signal, h *signalHandler) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bySig[sig] != h {
		return nil
	}
	return h.fn
}

// handles reports whether there is a handler for sig.
func (s *signalHandlers) handles(sig os.Signal) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bySig[sig] != nil
}

func (s *signalHandlers) remove(sig os.Signal) bool {
	s.mu.Lock()
	h := s.bySig[sig]
	delete(s.bySig, sig)
	s.mu.Unlock()
	if h == nil {
		return false
	}
	h.end()
	return true
}

func (s *signalHandlers) close() {
	s.mu.Lock()
	s.closed = true
	all := s.bySig
	s.bySig = nil
	s.mu.Unlock()
	for _, h := range all {
		h.end()
	}
}

func (h *signalHandler) end() {
	signal.Stop(h.ch)
	close(h.quit)
	<-h.done
}

// inBubble reports whether the calling goroutine is in a synctest bubble. There,
// a goroutine that waits for signals would keep the bubble from ever being idle,
// and the signal package's own goroutine would become part of it.
func inBubble() bool {
	var buf [128]byte
	header, _, _ := strings.Cut(string(buf[:runtime.Stack(buf[:], false)]), "\n")
	return strings.Contains(header, "synctest bubble")
}
