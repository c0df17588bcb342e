package executor

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
)

// output is where a pool's workers print.
type output struct {
	stdout *outlet // nil if they share this process's
	stderr *outlet
	close  func()
}

// openOutput returns the outlets of a pool's writers. The log is told, once for each
// writer, when one does not do what it should.
func (p *ProcessPool) openOutput() output {
	open := func(name string, to io.Writer) (*outlet, func()) {
		return openOutlet(to, func(trouble string) {
			p.cfg.Logger.Error("executor: a pool's writer is in trouble; calls go on, output may be lost", KeyPool, p.cfg.Name, KeyWriter, name, KeyTrouble, trouble)
		})
	}
	var out output
	stderr := p.cfg.Stderr
	if stderr == nil {
		stderr = os.Stderr
	}
	out.stderr, out.close = open("Stderr", stderr)
	if p.cfg.Stdout != nil {
		closeStderr := out.close
		stdout, closeStdout := open("Stdout", p.cfg.Stdout)
		out.stdout, out.close = stdout, func() { closeStdout(); closeStderr() }
	}
	return out
}

// spawn starts a process. stdout is nil unless its output is to be passed on.
func (p *ProcessPool) spawn() (child *proc.Child, stdout *os.File, err error) {
	cfg := proc.Config{Env: p.cfg.Env}
	if p.cfg.Stdout != nil {
		r, w, err := proc.Pipe()
		if err != nil {
			return nil, nil, err
		}
		defer func() { _ = w.Close() }() // the child has its own
		stdout, cfg.Stdout = r, w
	}
	child, err = proc.Spawn(cfg)
	if err != nil && stdout != nil {
		_ = stdout.Close()
	}
	return child, stdout, err
}

// An outlet stands between what workers print and a writer of the program. It has a
// goroutine, as long as there is something to write, which calls the writer with
// whole lines. So lines of different workers never mix, and the writer, which is
// foreign code, can panic, end its goroutine, block, or call the pool: nothing but
// its output waits for it.
//
//	forwarders ──► buf ──► goroutine ──► Write
//	 (workers)      │
//	                └─ full: wait while Write returns in time, drop once it is stuck
//
// All pools that were given one writer share one outlet: a bytes.Buffer for the
// output of two pools needs no lock of its own.
type outlet struct {
	to io.Writer

	mu      sync.Mutex // guards what follows; the writer is not called under it
	buf     []byte     // whole lines that wait
	dropped int64      // bytes that were not taken since the last report
	writing bool       // the goroutine exists
	began   time.Time  // when the present Write began
	moved   chan struct{}
	users   int      // pools, and workers that print
	warn    []*sayer // of these pools, each told once
}

// A sayer tells the log of one pool of an outlet's trouble, once.
type sayer struct {
	once sync.Once
	say  func(trouble string)
}

const (
	// maxOutput is how much output waits for a writer at most.
	maxOutput = 1 << 20

	// stuckWrite is how long a Write may take before output is dropped rather
	// than kept waiting. It is a guess: long for a file or a terminal, and
	// short for a call that prints.
	stuckWrite = 200 * time.Millisecond
)

// outlets are those in use, by their writers.
var outlets struct {
	mu sync.Mutex
	of map[io.Writer]*outlet
}

// openOutlet returns the outlet of a writer for one more pool, whose log is told of
// trouble by say. close must be called.
func openOutlet(to io.Writer, say func(trouble string)) (o *outlet, closeOutlet func()) {
	outlets.mu.Lock()
	defer outlets.mu.Unlock()
	// A writer that cannot be compared cannot be the same as another.
	shared := reflect.ValueOf(to).Comparable()
	if shared {
		o = outlets.of[to]
	}
	if o == nil {
		o = &outlet{to: to}
		if shared {
			if outlets.of == nil {
				outlets.of = make(map[io.Writer]*outlet)
			}
			outlets.of[to] = o
		}
	}
	s := &sayer{say: say}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.users++
	o.warn = append(slices.Clip(o.warn), s)
	return o, func() {
		o.mu.Lock()
		at := slices.Index(o.warn, s)
		o.warn = slices.Concat(o.warn[:at], o.warn[at+1:]) // tell may look at the old one
		o.mu.Unlock()
		o.release()
	}
}

// hold keeps the outlet in use until release: the output of a worker may outlast its
// pool.
func (o *outlet) hold() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.users++
}

func (o *outlet) release() {
	outlets.mu.Lock()
	defer outlets.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.users--
	o.forgetLocked()
}

// tell tells the logs of the pools what is wrong with the writer, each once.
func (o *outlet) tell(trouble string) {
	o.mu.Lock()
	warn := o.warn
	o.mu.Unlock()
	for _, s := range warn {
		s.once.Do(func() { s.say(trouble) })
	}
}

// forgetLocked takes the outlet out of the map when nothing uses it. The caller holds
// the map's mutex too. While a Write is under way a new pool finds the outlet, for the
// writer must not be called twice at once.
func (o *outlet) forgetLocked() {
	if o.users == 0 && !o.writing && reflect.ValueOf(o.to).Comparable() && outlets.of[o.to] == o {
		delete(outlets.of, o.to)
	}
}

// put takes whole lines. It waits for room while the writer takes what it gets, and
// not for one that is stuck: then the lines are dropped, and counted.
func (o *outlet) put(lines []byte) {
	if !o.take(lines) {
		o.tell(fmt.Sprintf("it blocks for longer than %v, and output is dropped", stuckWrite))
	}
}

func (o *outlet) take(lines []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.buf) > 0 && len(o.buf)+len(lines) > maxOutput {
		if !o.awaitLocked() {
			o.dropped += int64(len(lines))
			return false
		}
	}
	o.buf = append(o.buf, lines...)
	if !o.writing {
		o.writing, o.began = true, time.Now()
		go o.run()
	}
	return true
}

// flush waits until everything is written, or the writer is stuck.
func (o *outlet) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.writing && o.awaitLocked() {
	}
}

// awaitLocked waits for the end of the present Write. It reports false if that takes
// too long.
func (o *outlet) awaitLocked() bool {
	left := stuckWrite - time.Since(o.began)
	if left <= 0 {
		return false
	}
	if o.moved == nil {
		o.moved = make(chan struct{})
	}
	moved := o.moved
	o.mu.Unlock()
	timer := time.NewTimer(left)
	defer timer.Stop()
	defer o.mu.Lock()
	select {
	case <-moved:
		return true
	case <-timer.C:
		return false
	}
}

// run writes until nothing is left.
func (o *outlet) run() {
	o.mu.Lock()
	for len(o.buf) > 0 || o.dropped > 0 {
		b, dropped := o.buf, o.dropped
		if dropped > 0 {
			b = fmt.Appendf(b, "executor: %d bytes of the workers' output were dropped here: the writer took longer than %v\n", dropped, stuckWrite)
		}
		o.buf, o.dropped, o.began = nil, 0, time.Now()
		o.mu.Unlock()
		if trouble := o.write(b); trouble != "" {
			o.tell(trouble)
		}
		o.mu.Lock()
		o.movedLocked()
	}
	o.mu.Unlock()

	outlets.mu.Lock()
	defer outlets.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.buf) > 0 || o.dropped > 0 { // meanwhile
		go o.run()
		return
	}
	o.writing = false
	o.movedLocked()
	o.forgetLocked()
}

func (o *outlet) movedLocked() {
	if o.moved != nil {
		close(o.moved)
		o.moved = nil
	}
	o.began = time.Now()
}

// write calls the writer and says what was wrong with that.
func (o *outlet) write(b []byte) (trouble string) {
	var err error
	if ended := foreign.Call(func() { _, err = o.to.Write(b) }); ended != nil {
		return "it ended with " + ended.String()
	}
	if err != nil {
		return "it failed: " + message(err)
	}
	return ""
}
