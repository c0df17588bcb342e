package executor

import (
	"context"
	"log/slog"
	"sync"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/sched"
	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A ProcessPool is an [Executor] that runs calls of registered functions in
// worker processes, which are this program once more. See [Main] for the one line
// that a program needs, and [ProcessConfig] for what can be set.
//
// It stands for concurrent.futures.ProcessPoolExecutor, and differs in what
// happens when something goes wrong: the death of a worker fails the one call
// that it was running, with a [*CrashError], and the worker is replaced.
type ProcessPool struct {
	cfg     ProcessConfig
	initial *processCall  // the initializer's encoded form; nil if there is none
	held    *handoff.Held // what that refers to, until the pool is done

	// carrier runs the goroutines of the workers.
	carrier carrier

	output output
	meter  meter

	mu         sync.Mutex // guards what follows
	phase      poolPhase
	broken     error          // set in phase poolBroken
	stopped    bool           // Terminate or Kill was called
	stopSignal syscall.Signal // what they send; 0 if neither was called
	sched      *sched.Scheduler[Job, processWorker]
	queue      jobQueue // jobs that no worker has seen; the scheduler's
	room       roomQueue
	numbered   int                     // number of the next worker
	unwoken    []*processWorker        // that got calls in this event
	costs      map[string]*sched.Costs // what is known of each function
	spare      []*processCall          // for reuse
	failures   int                     // starts that failed in a row
	short      shortage                // of what a start needs
	backoff    backoff                 // of workers that die before they have finished anything
	crashes    uint64                  // workers that died
	recycled   uint64                  // workers that were replaced because of a limit
	done       chan struct{}           // closed when the last worker is gone after Shutdown
	closed     bool                    // done is closed
	changed    chan struct{}           // closed when a worker became ready or the pool ended; nil if nothing waits
	announced  int                     // reasons for which workers were replaced already
	reaper     *time.Timer             // of idle workers; nil if there are none
	watch      alarm                   // see watchWaitLocked
}

// A poolPhase only moves forward.
type poolPhase uint8

const (
	poolOpen    poolPhase = iota
	poolClosing           // Shutdown was called: what was accepted is finished
	poolBroken            // nothing runs any more
)

// NewProcessPool returns a pool. Workers are started when calls need them, or by
// [ProcessPool.Ready]. It stands for ProcessPoolExecutor().
//
// It returns a [*ConfigError] for a field that makes no sense, an error that wraps
// [ErrNoMain] if [Main] was not called before, one that names the remedy if the system
// lacks something (/proc on Linux, or a place for memory that processes share), and one that wraps
// errors.ErrUnsupported on systems other than Linux, macOS, the BSDs and Windows. The pool must be shut down
// by [ProcessPool.Shutdown]; should the program end without, by SIGKILL even, its
// workers end with it, whatever they are doing, even while they start or if they are
// stopped. (One that has changed its user or group ends by itself then, which it
// cannot while it is stopped.)
//
// All workers of a program are started by one thread, which does nothing else and
// ends with the last of them.
func NewProcessPool(cfg ProcessConfig) (*ProcessPool, error) {
	if err := proc.Supported(); err != nil {
		return nil, err
	}
	if err := checkMain(); err != nil {
		return nil, err
	}
	cfg, err := cfg.validate()
	if err != nil {
		return nil, err
	}
	p := &ProcessPool{
		cfg:   cfg,
		costs: make(map[string]*sched.Costs),
		done:  make(chan struct{}),
		sched: sched.New[Job, processWorker](sched.Config{
			Workers:    cfg.Workers,
			Prefetch:   cfg.Prefetch,
			Window:     maxPrefetch,
			MaxTasks:   cfg.MaxTasks,
			MaxPending: cfg.MaxPending,
		}),
	}
	p.carrier.log = func() *slog.Logger { return cfg.Logger }
	p.meter.dropped = p.dropJob
	p.queue = openQueue(p.sched.Queue(), &p.mu)
	if !cfg.Initializer.IsZero() {
		before := handoff.Encoded()
		function, arg, err := cfg.Initializer.Encode()
		if err != nil {
			return nil, &InitError{Worker: cfg.Name, Err: err}
		}
		if handoff.Encoded() != before {
			p.held = handoff.Hold(arg)
		}
		p.initial = &processCall{function: function, arg: arg}
	}
	p.output = p.openOutput()
	opened(p)
	return p, nil
}

// NeedsEncoding reports true: arguments are encoded by Submit, before a worker is
// taken, so that one which cannot be encoded fails its own future and nothing
// else. It implements [Encoder].
func (p *ProcessPool) NeedsEncoding() bool { return true }

// Execute accepts a job; see [Executor]. A closure is refused with [ErrClosure], and
// an argument that cannot be encoded, or is larger than 2 GiB (1 GiB where an int has 32
// bits), with an error that says so. It never waits for a worker, only for room if
// [ProcessConfig.MaxPending] is set. If ctx ends while it waits it returns ctx's cause;
// after Shutdown it returns [ErrShutdown]. The job's future has a [*CrashError] if the
// worker dies that runs it. A job must not be executed twice.
func (p *ProcessPool) Execute(ctx context.Context, job *Job) error {
	function, arg, err := job.Encode()
	if err != nil {
		return err
	}
	if err := checkSize(function, arg); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	job.meter = &p.meter
	job.noteDeadline()
	p.mu.Lock()
	job.place.Costs = p.costsLocked(job.Name())
	accepted, expired, err := p.acceptLocked(job)
	if accepted || err != nil {
		p.mu.Unlock()
		if expired {
			job.Start()
		}
		return err
	}
	if !job.MayWait() {
		p.mu.Unlock()
		return ErrQueueFull
	}
	r := p.room.push(job)
	p.mu.Unlock()
	return p.room.await(ctx, &p.mu, r)
}

// Name returns the pool's name.
func (p *ProcessPool) Name() string { return p.cfg.Name }

// Ready starts all of the pool's workers and returns when every one of them has run
// its initializer, so that the first calls find them waiting. If ctx ends first it
// returns its cause, and the workers come up all the same. If a worker dies meanwhile
// it waits for the next one. After Shutdown it returns [ErrShutdown], on a broken pool
// a [*BrokenPoolError] with the reason, such as an [*InitError]. In a task it suspends
// the task, in a bare callback on a loop's goroutine it starts nothing and returns
// future.ErrWouldBlock. When all are up, a second time say, it returns nil at once.
func (p *ProcessPool) Ready(ctx context.Context) error {
	return whose.Block(ctx, func(ctx context.Context) error {
		for {
			changed, err := p.comeUp()
			if changed == nil {
				return err
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	})
}

// comeUp starts the workers that are missing. Unless all are ready it returns a
// channel that is closed when something has changed.
func (p *ProcessPool) comeUp() (changed <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.refusalLocked(); err != nil {
		return nil, err
	}
	p.sched.Want(p.cfg.Workers)
	p.reconcileLocked(sinceEpoch()) // if starts are held up, startAgain announces the next attempt
	ready := 0
	for _, w := range p.sched.Workers() {
		if w.Ready() {
			ready++
		}
	}
	if ready >= p.cfg.Workers {
		return nil, nil
	}
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.changed, nil
}

// announceLocked tells those that wait for the pool to be ready.
func (p *ProcessPool) announceLocked() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// context is for log records, which belong to no call.
func (p *ProcessPool) context() context.Context { return context.Background() }

// Resize changes the number of worker processes at most. With more, calls that wait
// get new workers at once, as far as workers that keep dying do not hold that up; with
// fewer, idle workers leave at once, and of the others those whose calls end first,
// until no more than the limit are left. What was sent ahead to a worker and has not
// begun is taken back then and goes to those that stay: no call is interrupted and
// none is lost.
//
// It does not wait for any of that. It may be called repeatedly, and during a
// Shutdown: the new limit holds for the calls that are still to be finished. After it,
// and on a broken pool, it changes nothing but what Stats says, and returns nil. Less
// than 1 is a [*ConfigError]. Python's pools cannot be resized.
func (p *ProcessPool) Resize(workers int) error {
	if workers < 1 {
		return &ConfigError{"workers", workers, "give a positive number"}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.Workers = workers
	if p.phase == poolBroken {
		return nil
	}
	p.sched.Resize(workers)
	p.reconcileLocked(sinceEpoch()) // the idle ones leave first
	if p.sched.Surplus() {
		p.disperseLocked()
		p.reconcileLocked(sinceEpoch())
	}
	return nil
}

// disperseLocked takes back from all busy workers what they have not begun: which
// of them leave is not known before their calls have ended.
func (p *ProcessPool) disperseLocked() {
	for _, sw := range p.sched.Workers() {
		w := sw.Of
		if !w.Ready() || w.Load() < 2 {
			continue
		}
		p.takeBackLocked(w)
		// Its reader may sleep for long, and nothing else would hear of the
		// cancellation of what was taken back.
		w.watchLocked()
		w.kick()
	}
}

// Stats returns what the pool does at this moment, in the same form as
// [ThreadPool.Stats]. Workers that start up count as workers that are not idle. A
// worker that has died does not count.
func (p *ProcessPool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{
		Name:       p.cfg.Name,
		MaxWorkers: p.cfg.Workers,
		Workers:    len(p.sched.Workers()),
		Idle:       p.sched.Idle(),
		Queued:     p.sched.Waiting(),
		WaitingFor: p.room.len(),
	}
	for _, w := range p.sched.Workers() {
		running := false
		for _, f := range w.Flights() {
			if jobOf(f.Call) == nil {
				continue
			}
			if running {
				s.Queued++ // sent ahead
			} else {
				running = true
				s.Running++
			}
		}
	}
	p.meter.snapshot(&s)
	return s
}

// Running returns the calls that run at this moment, the longest first. Those that
// were sent to a worker and that it has not begun are not among them. Nor is the call
// of a worker that has died.
func (p *ProcessPool) Running() []RunningJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.runningLocked()
}
