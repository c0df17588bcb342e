package executor

import (
	"runtime"
	"sync/atomic"
)

// A signal wakes the one goroutine that waits for it. To send it never
// blocks.
//
// The goroutine gives way once before it goes to sleep: mostly a goroutine that awaits
// one call after the other is back with the next by then, and two goroutines that give
// way to each other cost half as much as two that wake each other.
//
//	       arm            wait: CAS            receives
//	over ───────► armed ───────────► asleep ─────────────► over
//	                │                   ▲
//	                │ send: CAS         └── send fills the channel
//	                └───────────────────────────────────► over, wait does not sleep
type signal struct {
	state atomic.Uint32
	ch    chan struct{} // capacity 1: one send for each arm
}

const (
	signalOver uint32 = iota
	signalArmed
	signalAsleep
)

func newSignal() signal { return signal{ch: make(chan struct{}, 1)} }

// arm prepares for one send, which may come from then on, and one wait.
func (s *signal) arm() { s.state.Store(signalArmed) }

// send ends the wait, now or when it begins.
func (s *signal) send() {
	if !s.state.CompareAndSwap(signalArmed, signalOver) {
		s.ch <- struct{}{}
	}
}

// wait returns when the signal was sent.
func (s *signal) wait() {
	runtime.Gosched()
	if s.state.CompareAndSwap(signalArmed, signalAsleep) {
		<-s.ch
	}
}
