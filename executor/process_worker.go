package executor

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/sched"
	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A workerState is where a worker is in its life. It only moves forward:
//
//	            Hello, no initializer
//	         ┌──────────────────────────┐
//	         │                          ▼
//	starting ─► initializing ───────► ready ───────► leaving
//	         Hello         initializer  │  nothing to   │ end of
//	                       returned     │  do any more  │ its socket
//	   │            │                   │               │
//	   └────────────┴───────────────────┴───────────────┴──► dead
//	         exit, end of the socket, garbage, a kill: at any time
//
// A ready worker is idle or busy; that is not a state but whether it has calls. One that
// starts or initializes leaves too when all is over; a worker that leaves cannot fail any
// more. The scheduler has a state of its own, which follows this one.
type workerState uint8

const (
	workerStarting     workerState = iota // the process exists, or not even that
	workerInitializing                    // it runs the initializer
	workerReady                           // it takes calls
	workerLeaving                         // it was told to exit
	workerDead                            // it gets nothing any more, and what it had is shared out
)

// A processWorker is one worker process as its pool sees it. The pool's mutex
// guards everything that changes, but for what is said otherwise.
type processWorker struct {
	sched.Worker[Job, processWorker]

	pool  *ProcessPool
	id    int
	child *proc.Child // set before the state is anything but workerStarting
	fetch *proc.Fetcher
	peer  handoff.ID

	state     workerState
	started   time.Time
	began     int64        // when the call at the head was begun, about, in nanoseconds since epoch
	asked     int64        // since when the worker has something of which it has taken nothing, in nanoseconds since epoch; 0 if it has nothing
	streamed  int          // the length of what is written to the transport while the worker is occupied
	head      []byte       // scratch
	overdue   bool         // it is stopped while it starts; see watchStart
	decoding  bool         // a result that refers to objects of the worker is being decoded
	sized     time.Time    // when its size was looked at
	killed    error        // why the pool ended the worker, if it did
	pushed    *processCall // that did not stop when it was canceled, if the pool ended the worker for it
	stopTimer *time.Timer

	landing bool // the reader is at work, under the mutex
	reading int  // how the reader waits, or hopeful if it does not

	batch    []landed // of the reader: results that it settles together
	arrived  int64    // of the reader: when they came, in nanoseconds since epoch
	next     int      // of the reader: the first of them that it has not begun to settle
	settling bool     // of the reader: it runs what others gave it to run
	scratch  []byte   // of the reader: their bodies

	streams sync.WaitGroup // goroutines that write to the transport
	bell    chan struct{}  // kicks the reader
	hello   chan wire.Message
	gone    chan struct{} // closed when the worker is gone or must be
	goneBy  sync.Once
	goneErr error // why, before gone is closed

	exited    chan struct{} // closed when exit is known
	exit      proc.Exit
	tail      tail          // last lines of its standard error
	said      chan struct{} // closed when all that it said on its standard error has been read
	forwarded chan struct{} // closed when all of its output has been passed on
}

func (p *ProcessPool) newWorkerLocked() *processWorker {
	w := &processWorker{
		pool:      p,
		id:        p.numbered,
		bell:      make(chan struct{}, 1),
		hello:     make(chan wire.Message, 1),
		gone:      make(chan struct{}),
		exited:    make(chan struct{}),
		said:      make(chan struct{}),
		forwarded: make(chan struct{}),
	}
	w.Of = w
	p.numbered++
	p.sched.Come(&w.Worker)
	return w
}

// name is the worker's name in errors and logs; the worker itself has the same.
func (w *processWorker) name() string { return w.pool.cfg.Name + "_" + strconv.Itoa(w.id) }

// ranFor returns how long the call at the head has run, about.
func (w *processWorker) ranFor() time.Duration { return time.Duration(sinceEpoch() - w.began) }

// run is the worker's goroutine, from its start until nothing is left of it. It
// reads the results.
func (w *processWorker) run() {
	if err := w.start(); err != nil {
		w.bury(err)
		return
	}
	w.attend()
}

// errNoHello says why a worker did not come up.
var (
	errNoHello   = errors.New("it did not reach executor.Main")
	errEarlyExit = errors.New("it exited before it reached executor.Main")
)

// start brings the worker up to where it runs the initializer or takes calls.
func (w *processWorker) start() error {
	p := w.pool
	child, stdout, err := p.spawn()
	if err != nil {
		return err
	}
	w.fetch = proc.NewFetcher(child.Control)
	p.mu.Lock()
	w.child, w.started = child, time.Now()
	if w.state != workerStarting { // shut down meanwhile
		w.partWithLocked()
	}
	p.mu.Unlock()
	p.carrier.Go(w.reap)
	p.carrier.Go(w.listen)
	p.carrier.Go(func() { w.forward(stdout) })

	settings := wire.Settings{
		MemoryLimit: p.cfg.MemoryLimit,
		Timeout:     int64(p.cfg.Timeout),
		LogLevel:    int64(p.lowestLevel()),
		Labels:      p.cfg.ProfileLabels,
		Pool:        p.cfg.Name,
	}
	welcome := wire.Message{Kind: wire.Welcome, ID: wire.Version, Aux: uint64(w.id), Object: handoff.Self, Body: settings.Append(nil)}
	_ = child.Control.Send(welcome, -1) // if it fails the worker is gone, and listen sees that
	timeout := time.NewTimer(p.cfg.StartTimeout)
	defer timeout.Stop()
	select {
	case hello := <-w.hello:
		return w.greeted(hello)
	case <-w.gone:
		select {
		case hello := <-w.hello: // it came up and died at once
			return w.greeted(hello)
		default:
		}
		return fmt.Errorf("%w: is executor.Main() the first statement of main, or of TestMain?", errEarlyExit)
	case <-timeout.C:
		return fmt.Errorf("%w within %v: is executor.Main() the first statement of main, or of TestMain?", errNoHello, p.cfg.StartTimeout)
	}
}

// greeted takes the worker's first word.
func (w *processWorker) greeted(hello wire.Message) error {
	if hello.ID != wire.Version || string(hello.Body) != w.child.Nonce {
		return fmt.Errorf("its first message is not that of a worker: %w", wire.ErrGarbage)
	}
	w.peer = hello.Object
	handoff.AddPeer(w.peer, w.fetch.Fetch)
	p := w.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.state != workerStarting {
		return nil // shut down meanwhile
	}
	if p.initial == nil {
		w.readyLocked()
		p.reconcileLocked(sinceEpoch())
		return nil
	}
	w.state = workerInitializing
	p.sendLocked(w, p.initializer())
	w.wakeLocked()
	return nil
}

func (w *processWorker) readyLocked() {
	p := w.pool
	if w.state >= workerReady {
		return
	}
	w.state = workerReady
	p.failures, p.short = 0, shortage{}
	p.sched.Ready(&w.Worker)
}

// listen receives the worker's control messages until its socket ends.
func (w *processWorker) listen() {
	defer w.fetch.Close()
	for {
		m, file, err := w.child.Control.Recv()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			w.setGone(err)
			return
		}
		w.receive(m, file)
	}
}

// reap waits for the end of the process.
func (w *processWorker) reap() {
	w.exit = w.child.Wait()
	close(w.exited)
	// Not the end of the socket alone: a process that the worker started
	// may hold the other end.
	w.setGone(nil)
}

// setGone ends the worker's time: nothing is expected from it any more but what
// it has written already. err says what is wrong with it, nil if it just left.
func (w *processWorker) setGone(err error) {
	w.goneBy.Do(func() {
		w.goneErr = err
		close(w.gone)
		w.fetch.Close()
		w.kick()
	})
}

// kick makes the reader look at the ring.
func (w *processWorker) kick() {
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

// alive reports whether it makes sense to wait for the worker.
func (w *processWorker) alive() bool {
	select {
	case <-w.gone:
		return false
	default:
		return true
	}
}

// condemnLocked ends a worker that does not keep to the protocol.
func (w *processWorker) condemnLocked(err error) {
	if w.killed == nil {
		w.killed = err
	}
	w.child.Kill()
}

// leaveLocked tells a worker without calls to exit, because the scheduler says so.
func (w *processWorker) leaveLocked() {
	w.state = workerLeaving
	if w.child != nil {
		w.partWithLocked()
	} // else start sees the state when the process exists
}

// partWithLocked ends the socket of a worker that is to leave, which it takes for
// the word to exit, and ends the process if it does not.
func (w *processWorker) partWithLocked() {
	if sig := w.pool.stopSignal; sig != 0 {
		w.signal(sig)
	}
	_ = w.child.Control.Close()
	w.stopTimer = time.AfterFunc(leaveTimeout, w.child.Kill)
}

// leaveTimeout is how long a worker may take to exit by itself. It has nothing
// to do then, so a longer time means that it is stopped, or that it has not got as
// far as to look at its socket.
const leaveTimeout = time.Second

// signal ends the worker: by SIGKILL, or by a message that makes it behave as if it
// had got SIGTERM. The signal itself it leaves to this process; see
// [ProcessPool.Terminate].
func (w *processWorker) signal(sig syscall.Signal) {
	if sig == syscall.SIGKILL {
		w.child.Kill()
	} else {
		w.child.Terminate(0)
	}
}

// receive takes one control message of the worker. It is called by the goroutine
// that receives them, and must not wait for the worker.
func (w *processWorker) receive(m wire.Message, file *os.File) {
	if m.Kind == wire.Fetched {
		w.fetch.Fetched(m, file)
		return
	}
	if file != nil {
		_ = file.Close()
	}
	switch m.Kind {
	case wire.Bell:
		w.kick()
	case wire.Hello:
		m.Body = append([]byte(nil), m.Body...)
		select {
		case w.hello <- m:
		default:
		}
	case wire.Fetch:
		// On a goroutine: the answer may have to wait for room.
		w.pool.carrier.Go(func() { _ = w.fetch.Answer(m) })
	default:
		// Not from a worker of ours: it is ignored, for it does no harm.
	}
}
