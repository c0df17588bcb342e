package loop

import (
	"os"
	"os/signal"
	"sync/atomic"
)

// interruptTaken says that a run of this process handles the interrupt signal. One
// at a time: in Python it is the one in the main thread, here the one that came
// first, while further runs in other goroutines leave the signal alone.
var interruptTaken atomic.Bool

// An interruptWatch waits for the interrupt signal while a main task runs.
type interruptWatch struct {
	l      *Loop
	cancel func()
	ch     chan os.Signal
	quit   chan struct{} // closed to end the goroutine
	done   chan struct{} // closed by the goroutine
	state  atomic.Int32  // one of the three below

	released bool // interruptTaken was given back; stop's own
}

const (
	interruptAwaited int32 = iota
	interruptCame
	interruptOver // the run ended first
)

// watchInterrupt begins to wait for the interrupt signal, the first of which calls
// cancel. It returns nil if that is not this run's business.
func (l *Loop) watchInterrupt(cancel func()) *interruptWatch {
	if l.leaveSignals || signal.Ignored(os.Interrupt) || inBubble() || !interruptTaken.CompareAndSwap(false, true) {
		return nil
	}
	w := &interruptWatch{l: l, cancel: cancel, ch: make(chan os.Signal, 1), quit: make(chan struct{}), done: make(chan struct{})}
	signal.Notify(w.ch, os.Interrupt)
	go w.wait()
	return w
}

func (w *interruptWatch) wait() {
	defer close(w.done)
	for {
		select {
		case <-w.quit:
			return
		case <-w.ch:
		}
		if w.l.signals.handles(os.Interrupt) {
			continue
		}
		// From here on the signal does what it does by default: the second
		// Ctrl-C ends the process at once, also when the loop is blocked or
		// main's cleanup hangs.
		signal.Stop(w.ch)
		if w.state.CompareAndSwap(interruptAwaited, interruptCame) {
			w.cancel()
		}
		return
	}
}

// stop ends the watch and its goroutine, and reports whether the signal came. It
// may be called again.
func (w *interruptWatch) stop() bool {
	if w == nil {
		return false
	}
	if w.state.CompareAndSwap(interruptAwaited, interruptOver) {
		signal.Stop(w.ch)
		close(w.quit)
		<-w.done
		interruptTaken.Store(false)
		return false
	}
	came := w.state.Load() == interruptCame
	if came && !w.released {
		w.released = true
		<-w.done
		interruptTaken.Store(false)
	}
	return came
}
