// Package safelog calls loggers of the user, whose handlers may do anything, from
// goroutines that have more to do: a handler may panic, end its goroutine, block, or
// call back into the library. Its trouble stays its own.
//
// Each call of a handler is made on a goroutine of its own and waited for, so a
// record is written when the call that logs it returns, and records stay in order.
// The wait has an end. A handler that does not return by then is stuck: the standard
// error hears of it once, and until it returns no record waits for it; they are
// dropped, and counted in a record that the handler gets as soon as it is back.
package safelog

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
)

const (
	// patience is how long a handler may take. It is a guess: long for a file,
	// a terminal or a pipe, even on a busy machine, and what a caller loses once.
	patience = time.Second

	// probation is how long it may take after it was stuck, until it has
	// returned in time again. A handler that blocks for seconds with each
	// record then costs its callers little.
	probation = 10 * time.Millisecond

	// reportWait is how long the standard error may take for a report before
	// the caller goes on.
	reportWait = 100 * time.Millisecond
)

// New returns a logger that writes to l for the given part of the library, which
// begins the reports. One that comes from New is returned as it is.
func New(part string, l *slog.Logger) *slog.Logger {
	h := l.Handler()
	if _, ok := h.(*handler); ok {
		return l
	}
	return slog.New(newHandler(part, h))
}

// Default returns New of [slog.Default]. As long as that stays the same, so does the
// answer: one that is stuck is known to be.
func Default() *slog.Logger {
	l := slog.Default()
	if d := def.Load(); d != nil && d.of == l {
		return d.safe
	}
	d := &struct{ of, safe *slog.Logger }{l, New("asyncgo", l)}
	def.Store(d)
	return d.safe
}

var def atomic.Pointer[struct{ of, safe *slog.Logger }]

// A guard is what all handlers know that were derived from that of one logger.
type guard struct {
	part string
	root slog.Handler

	stuck     atomic.Int64 // calls that did not return in time and have not returned since
	suspect   atomic.Bool  // it was stuck, and has not returned in time since
	dropped   atomic.Int64 // records, since the handler was told of them
	toldEnded atomic.Bool  // that it did not return
	toldStuck atomic.Bool
	debug     debugLevel
}

// How a call of a handler went.
type outcome int

const (
	returned outcome = iota
	ended            // by a panic, or with its goroutine
	left             // it goes on, and is not waited for
	refused          // the handler is stuck, and was not called
)

// call calls fn, which calls the handler; it gives it the record with a message, or
// none. What fn writes may be read if it returned.
func (g *guard) call(message string, fn func()) outcome {
	if g.stuck.Load() > 0 {
		return refused
	}
	limit := patience
	if g.suspect.Load() {
		limit = probation
	}
	marked := make(chan struct{})
	e, inTime := foreign.CallWithin(limit, fn, func(e *foreign.Ended) {
		<-marked
		g.back(message, e)
	})
	if !inTime {
		g.suspect.Store(true)
		g.stuck.Add(1)
		close(marked)
		if !g.toldStuck.Swap(true) {
			report(fmt.Sprintf("%s: the handler %T of a logger has not returned for %v: records are dropped until it does\n", g.part, g.root, limit))
		}
		return left
	}
	if e != nil {
		g.tellEnded(message, e)
		return ended
	}
	return returned
}

// back is called when a call ends that was left. The handler counts as stuck until it
// also knows what it has missed.
func (g *guard) back(message string, e *foreign.Ended) {
	for {
		if e != nil {
			g.tellEnded(message, e)
		}
		if n := g.dropped.Swap(0); n > 0 {
			e = foreign.Call(func() { g.missed(n) })
			continue
		}
		g.stuck.Add(-1)
		if g.dropped.Load() == 0 {
			return
		}
		g.stuck.Add(1) // one was dropped meanwhile
	}
}

// missed tells the handler how many records it did not get.
func (g *guard) missed(n int64) {
	r := slog.NewRecord(time.Now(), slog.LevelWarn, g.part+": log records were dropped, because the logger's handler did not return", 0)
	r.AddAttrs(slog.Int64("dropped", n))
	_ = g.root.Handle(context.Background(), r) // there is nowhere else to say it
}

// tellEnded says once that the handler did not return, and what was lost by that. It
// cannot be logged.
func (g *guard) tellEnded(message string, e *foreign.Ended) {
	if g.toldEnded.Swap(true) {
		return
	}
	lost := ""
	if message != "" {
		lost = "; it was given: " + message
	}
	report(fmt.Sprintf("%s: the handler %T of a logger ended with %v%s\n%s", g.part, g.root, e, lost, e.Stack))
}

// report writes to the standard error, which may be just what a handler is stuck in.
func report(text string) {
	foreign.CallWithin(reportWait, func() { _, _ = io.WriteString(stderr, text) }, func(*foreign.Ended) {})
}

var stderr io.Writer = os.Stderr // tests look at it
