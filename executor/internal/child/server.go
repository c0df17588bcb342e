package child

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// The exit codes of a worker that ends itself.
const (
	exitParentGone = 0  // the parent is gone, or has no more work
	exitGarbage    = 98 // the parent sent garbage
)

// A server is the worker's side of the pool.
type server struct {
	program *Program
	in      *proc.Inherited
	control *control
	pool    string
	worker  string          // its name
	base    context.Context // of every call: it knows the worker
	timeout time.Duration   // of every call, 0 for none
	labels  bool            // set pprof labels
	pins    pins
	replied Reply             // is reply, made once
	known   map[string]Invoke // the functions that were called so far

	// Of the call that runs, and of the goroutine that runs it.
	calling  *callContext
	began    int64  // on the monotonic clock
	ended    int64  // when the call before it ended, if this one began right after that; 0 if not
	encoded  uint64 // references that the process had encoded before
	function string
	invoke   Invoke // the function, which mostly is that of the next call; nil if there is none

	sendMu sync.Mutex // results and reports come from several goroutines
	head   []byte     // scratch; guarded by sendMu
}

// serve runs the calls of the parent until it has no more, and ends the process.
func serve(in *proc.Inherited, c *control, p *Program) {
	s := newServer(in, c, p)
	s.control.released.Store(&s.pins)
	hello := wire.Message{Kind: wire.Hello, ID: wire.Version, Aux: uint64(os.Getpid()), Object: handoff.Self, Body: []byte(in.Nonce)}
	if err := in.Control.Send(hello, -1); err != nil {
		os.Exit(exitParentGone)
	}
	welcome := <-s.control.welcome
	s.greeted(welcome)
	s.loop()
}

func newServer(in *proc.Inherited, c *control, p *Program) *server {
	s := &server{program: p, in: in, control: c, known: make(map[string]Invoke)}
	s.replied = s.reply
	return s
}

// greeted takes the parent's first word.
func (s *server) greeted(m wire.Message) {
	settings, err := wire.ParseSettings(m.Body)
	if m.ID != wire.Version || err != nil {
		garbage(fmt.Errorf("its first message: %w", errors.Join(wire.ErrGarbage, err)))
	}
	if settings.MemoryLimit > 0 {
		debug.SetMemoryLimit(settings.MemoryLimit)
	}
	handoff.AddPeer(m.Object, s.control.fetch.Fetch)
	s.timeout, s.labels = time.Duration(settings.Timeout), settings.Labels
	s.pool = settings.Pool
	s.base, s.worker = s.program.WithWorker(context.Background(), settings.Pool, int(m.Aux))
	slog.SetDefault(slog.New(&logHandler{server: s, level: slog.Level(settings.LogLevel)}))
}

// garbage ends the process: nothing that the parent says can be trusted any more.
func garbage(err error) {
	fmt.Fprintln(os.Stderr, "executor: worker process: it cannot go on with its parent:", err)
	os.Exit(exitGarbage)
}

// loop runs one call after the other in this goroutine: handing them to another
// would cost more than many of them take.
func (s *server) loop() {
	// Work that calls runtime.Goexit ends this goroutine with it. Its outcome
	// is on its way by then; the next call gets a new goroutine.
	defer func() {
		if r := recover(); r != nil {
			panic(r) // ours: work does not get this far
		}
		go s.loop()
	}()
	t := s.in.Transport
	for {
		msg, ok, err := t.Recv()
		if err != nil {
			garbage(err)
		}
		if !ok {
			s.wait()
			continue
		}
		call, err := wire.ParseCall(msg, s.function)
		if err != nil {
			garbage(err)
		}
		s.control.awaitEnd()
		if s.in.Claims.Take(call.ID) {
			s.run(call)
		}
	}
}

// spinFor is how long a worker looks for the next call before it sleeps: about
// what a parent takes that waits for a result and sends the next call.
const spinFor = 20 * time.Microsecond

func (s *server) wait() {
	s.ended = 0
	t := s.in.Transport
	for begin := time.Now(); time.Since(begin) < spinFor; {
		for range 32 {
			if t.Ready() {
				return
			}
		}
	}
	handoff.Idle()
	t.Wait(0)
}

// run runs one call and sends its outcome.
func (s *server) run(call wire.Call) {
	if call.Function != s.function {
		s.function = call.Function
		s.invoke = s.lookup(call.Function)
	}
	if call.Kind == wire.CallTask { // what an initializer does is for all calls
		handoff.BeginCall()
	}
	// Reading the clock costs as much as the rest: in a burst a call begins when
	// the one before it has ended.
	if s.began = s.ended; s.began == 0 || len(call.Arg) > brief {
		s.began = proc.Monotonic()
	}
	s.ended, s.encoded = 0, handoff.Encoded()
	s.calling = newCallContext(s, call.ID, s.deadline(&call))
	s.control.begin(s.calling)
	if s.invoke == nil {
		s.reply(nil, nil, s.program.NotRegistered(call.Function))
		return
	}
	owned := s.program.MayKeep(call.Arg) && s.in.Transport.Keep()
	if s.observed() {
		s.observe(call, owned)
		return
	}
	s.invoke(s.calling, call.Arg, owned, s.replied)
}

// lookup returns the function with a name, nil if there is none.
func (s *server) lookup(name string) Invoke {
	f := s.known[name]
	if f == nil {
		if f = s.program.Lookup(name); f != nil {
			s.known[name] = f
		}
	}
	return f
}

// brief is the length up to which a message takes no time worth measuring.
const brief = 1 << 10

// reply sends the outcome of the call that runs.
func (s *server) reply(head, rest []byte, err error) {
	now := proc.Monotonic()
	r := wire.Result{ID: s.calling.reporter.id, Status: wire.ResultOK, Run: now - s.began, Body: head}
	if err != nil {
		r.Status, r.Body = wire.ResultError, s.program.EncodeError(err)
	} else if s.program.MayRefer(head) && handoff.Encoded() != s.encoded {
		s.pins.pin(r.ID, head)
	}
	s.calling.finish()
	if s.pins.has(r.ID) {
		r.Status += wire.ResultHandles - wire.ResultOK
	}
	if atOnce := s.send(r, rest); atOnce && err == nil && len(head)+len(rest) <= brief {
		s.ended = now
	}
}

// deadline returns that of the call or of the pool, whichever is earlier, 0 if there
// is none.
func (s *server) deadline(call *wire.Call) int64 {
	if s.timeout == 0 || call.Kind != wire.CallTask {
		return call.Deadline
	}
	overdue := proc.After(s.began, s.timeout)
	if call.Deadline != 0 && call.Deadline < overdue {
		return call.Deadline
	}
	return overdue
}

// send sends an outcome or a report, and wakes the parent if it waits. rest comes
// after the body, if it is not nil. It reports whether that took no time worth measuring:
// there was room, and the parent did not wait.
func (s *server) send(r wire.Result, rest []byte) (atOnce bool) {
	s.sendMu.Lock()
	defer s.sendMu.Unlock()
	t := s.in.Transport
	s.head = r.AppendHead(s.head[:0])
	body := r.Body
	if rest != nil {
		s.head, body = append(s.head, body...), rest
	}
	sent, err := t.Send(s.head, body)
	if err == nil && !sent {
		err = t.Stream(s.head, body, s.control.bell, func() bool { return true })
		if errors.Is(err, proc.ErrTooLong) && !r.IsReport() {
			failed := wire.Result{ID: r.ID, Status: wire.ResultError, Run: r.Run}
			if r.HasHandles() {
				failed.Status = wire.ErrorHandles
			}
			s.head = failed.AppendHead(s.head[:0])
			err = t.Stream(s.head, s.program.EncodeError(err), s.control.bell, func() bool { return true })
		}
	}
	if err != nil && !errors.Is(err, proc.ErrTooLong) {
		garbage(err)
	}
	waited, bell := t.Wake()
	if bell {
		s.control.bell()
	}
	return sent && !waited
}
