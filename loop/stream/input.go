package stream

import (
	"context"
	"io"
	"runtime"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/loop/internal/waitlist"
)

// An input is what a Reader reads: what has come, and what is to be known of the
// rest. A pump fills it from a source, or its owner does by hand.
type input struct {
	limit  int
	pumped bool // a pump fills it, and can be told to pause

	mu      sync.Mutex // guards what follows
	buf     buffer
	eof     bool
	err     error // of the stream; every read returns it
	deaf    bool  // what comes is dropped
	paused  bool  // the pump is to leave the source alone
	stopped bool  // the pump is to end
	resume  sync.Cond
	waiting waitlist.List // at most one
}

func newInput(limit int, pumped bool) *input {
	in := &input{limit: limit, pumped: pumped}
	in.resume.L = &in.mu
	return in
}

// feed adds what has come, and wakes the read that waits for it.
func (in *input) feed(p []byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.deaf || in.eof || len(p) == 0 {
		return
	}
	in.buf.add(p)
	in.waiting.PopAll()
	if in.pumped && in.buf.len() > 2*in.limit {
		in.paused = true
	}
}

// end notes the end of the stream: its proper end if err is nil.
func (in *input) end(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err == nil {
		in.eof = true
	} else {
		in.err = err
	}
	in.waiting.PopAll()
}

// ignore drops what comes from now on.
func (in *input) ignore() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.deaf = true
	in.unpause()
}

// failure returns the error of the stream.
func (in *input) failure() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.err
}

// stop ends the pump, at the latest when the source has answered.
func (in *input) stop() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.stopped = true
	in.resume.Broadcast()
}

func (in *input) unpause() {
	if in.paused {
		in.paused = false
		in.resume.Broadcast()
	}
}

// took goes on with the pump once what was read has made room for it.
func (in *input) took() {
	if in.paused && in.buf.len() <= in.limit {
		in.unpause()
	}
}

// mayRead waits while the pump is to pause. It reports false if the pump is to end.
func (in *input) mayRead() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.paused && !in.stopped {
		in.resume.Wait()
	}
	return !in.stopped
}

const (
	minChunk = 4 << 10
	maxChunk = 64 << 10
)

// pump fills in from src. It returns io.EOF at the end of src, nil if it was stopped,
// and otherwise the error with which src failed.
func (in *input) pump(src io.Reader) error {
	chunk := make([]byte, min(minChunk, max(in.limit, 1)))
	for in.mayRead() {
		n, err := src.Read(chunk)
		in.feed(chunk[:n])
		if err != nil {
			in.mu.Lock()
			stopped := in.stopped
			in.mu.Unlock()
			if stopped {
				return nil
			}
			return err
		}
		if n == len(chunk) && n < min(maxChunk, in.limit) {
			chunk = make([]byte, min(4*n, maxChunk, in.limit))
		}
	}
	return nil
}

// await waits for more than the seen bytes that are there, or for the end. It is
// called without the mutex, by the call that what names; keep is what must not be
// collected meanwhile.
func (in *input) await(ctx context.Context, what string, seen int, keep any) error {
	w, err := waitlist.New(ctx, &in.mu, what)
	if err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.buf.len() != seen || in.eof || in.err != nil {
		w.Drop()
		return nil
	}
	if in.waiting.Len() > 0 {
		w.Drop()
		return ErrConcurrentRead
	}
	in.unpause() // or else a read of more than the limit would wait for what is not read
	w.Join(&in.waiting)
	err = w.Wait(ctx, nothing{})
	runtime.KeepAlive(keep)
	return err
}

// nothing is what a waiter has to pass on when it gives up.
type nothing struct{}

func (nothing) GaveUp(*waitlist.List, bool) {}
