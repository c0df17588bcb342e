//go:build linux

package executor_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// A chaosPlan is how one pool of the chaos is made, used and ended.
type chaosPlan struct {
	cfg      executor.ProcessConfig
	calls    int
	burst    int  // calls that are submitted before one of them is awaited
	misdeed  int  // one call in so many does something wrong; 0 for none
	mild     bool // nothing happens to it but what must not harm a call
	mayBreak bool // what its workers do may break it
	mayStop  bool // it may be ended before its calls are
	end      chaosEnd
	release  func() // lets go of what blocks for the pool
}

// String names what tells one plan from another.
func (p *chaosPlan) String() string {
	c := p.cfg
	return fmt.Sprintf("%d calls in bursts of %d, end %d, mild %t, misdeed %d; workers %d, init %t, env %v, prefetch %d, pending %d, retry %d, tasks %d, age %v, idle %v, break %t, writer %T, logger %T, warn %v, timeout %v",
		p.calls, p.burst, p.end, p.mild, p.misdeed, c.Workers, !c.Initializer.IsZero(), c.Env[1:], c.Prefetch, c.MaxPending, c.Retry, c.MaxTasks, c.MaxAge, c.IdleTimeout, c.BreakOnCrash, c.Stderr, c.Logger.Handler(), c.WarnAfter, c.Timeout)
}

// A chaosEnd is how a pool is ended.
type chaosEnd int

const (
	endsByShutdown    chaosEnd = iota // which finishes everything
	endsAfterAwait                    // everything was awaited before
	endsByDropping                    // what waits is canceled first
	endsByTerminating                 // SIGTERM
	endsByKilling                     // SIGKILL
	ends
)

// plan makes up a pool. Each has two or three of the troubles, not all: where
// everything fails nothing is shown to work.
func plan(rnd *rand.Rand) *chaosPlan {
	p := &chaosPlan{
		calls:   1 + rnd.IntN(4000),
		burst:   1 << rnd.IntN(10),
		end:     chaosEnd(rnd.IntN(int(ends))),
		release: func() {},
		cfg: executor.ProcessConfig{
			Workers: 1 + rnd.IntN(4), Grace: 50 * time.Millisecond,
			Logger: quiet, Stderr: io.Discard, Stdout: io.Discard,
			// Under the race detector a process sleeps a second before it exits.
			Env: []string{"GORACE=atexit_sleep_ms=0"},
		},
	}
	p.mayStop = p.end >= endsByTerminating
	if rnd.IntN(4) == 0 {
		// Its workers live, however long a busy machine keeps them from the CPU.
		p.mild, p.cfg.Grace = true, patience
		return p
	}
	cfg := &p.cfg
	cfg.Timeout = 300 * time.Millisecond // for workers that are stopped in a call
	if rnd.IntN(2) == 0 {
		p.misdeed = 100 << rnd.IntN(4)
		p.calls = 1 + p.calls/2
	} else {
		p.calls *= 3
	}
	for range 3 {
		switch rnd.IntN(14) {
		case 0:
			cfg.Initializer, p.mayBreak = chaosInit.Bind(20), true
		case 1:
			cfg.Env, p.mayBreak = append(cfg.Env, chaosStarts+"="+strconv.Itoa(2+rnd.IntN(4))), true
			cfg.StartTimeout = 2 * time.Second
		case 2:
			cfg.Prefetch = rnd.IntN(129) - 1
		case 3:
			cfg.MaxPending = 1 + rnd.IntN(100)
		case 4:
			cfg.Retry = 1 + rnd.IntN(3)
		case 5:
			cfg.MaxTasks = 1 + rnd.IntN(500)
		case 6:
			cfg.MaxAge = time.Duration(1+rnd.IntN(200)) * time.Millisecond
		case 7:
			cfg.IdleTimeout = time.Duration(1+rnd.IntN(20)) * time.Millisecond
		case 8:
			cfg.BreakOnCrash, p.mayBreak = true, true
		case 9:
			cfg.Stdout, cfg.Stderr = &panickingWriter{}, &panickingWriter{}
		case 10:
			w := &blockingWriter{open: make(chan struct{})}
			cfg.Stdout, cfg.Stderr = w, w
			p.alsoRelease(w.open)
		case 11:
			cfg.Logger = slog.New(panickingHandler{})
		case 12:
			cfg.WarnAfter = time.Millisecond
		case 13:
			h := blockingHandler{rnd.IntN(3), make(chan struct{})}
			cfg.Logger = slog.New(h)
			p.alsoRelease(h.open)
		}
	}
	if cfg.MaxTasks > 0 && cfg.MaxTasks < 20 || cfg.MaxAge > 0 && cfg.MaxAge < 50*time.Millisecond {
		// Every other call needs a process of its own, which takes 30 ms on a busy
		// machine: Shutdown must not have to finish hundreds of them.
		p.burst = min(p.burst, 32)
	}
	if len(cfg.Env) > 1 {
		// A start can take two seconds. There must not be too many of them in
		// what Shutdown has to finish.
		cfg.MaxTasks, cfg.MaxAge, cfg.IdleTimeout, p.misdeed = 0, 0, 0, 0
		p.calls = min(p.calls, 1000)
	}
	return p
}

// alsoRelease makes release close a channel.
func (p *chaosPlan) alsoRelease(open chan struct{}) {
	before := p.release
	p.release = sync.OnceFunc(func() { before(); close(open) })
}

// A panickingWriter panics at every second write.
type panickingWriter struct {
	mu sync.Mutex
	n  int
}

func (w *panickingWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.n++; w.n%2 == 0 {
		panic("chaos in a writer")
	}
	return len(b), nil
}

// A blockingWriter blocks until it is opened.
type blockingWriter struct{ open chan struct{} }

func (w *blockingWriter) Write(b []byte) (int, error) {
	<-w.open
	return len(b), nil
}

// A blockingHandler blocks in one of its methods.
type blockingHandler struct {
	in   int
	open chan struct{}
}

func (h blockingHandler) block(method int) {
	if method == h.in {
		<-h.open
	}
}

func (h blockingHandler) Enabled(context.Context, slog.Level) bool {
	h.block(0)
	return rand.IntN(2) == 0
}

func (h blockingHandler) Handle(context.Context, slog.Record) error { h.block(1); return nil }
func (h blockingHandler) WithAttrs([]slog.Attr) slog.Handler        { h.block(2); return h }
func (h blockingHandler) WithGroup(string) slog.Handler             { return h }

// A panickingHandler panics at one record in three.
type panickingHandler struct{}

func (panickingHandler) Enabled(context.Context, slog.Level) bool { return rand.IntN(4) > 0 }
func (h panickingHandler) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h panickingHandler) WithGroup(string) slog.Handler          { return h }

func (panickingHandler) Handle(context.Context, slog.Record) error {
	if rand.IntN(3) == 0 {
		panic("chaos in a logger")
	}
	return nil
}
