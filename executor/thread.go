package executor

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/sched"
	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
)

// ThreadConfig configures a [ThreadPool]. The zero value is ready to use.
type ThreadConfig struct {
	// Workers is the number of jobs that run at the same time at most. Zero
	// means min(32, GOMAXPROCS+4), as in Python; negative is an error.
	Workers int

	// Name appears in the names of workers, in errors and statistics. Empty
	// means "ThreadPool-1" and so on.
	Name string

	// Initializer, unless it is zero, runs once in each worker before its
	// first job, with a context from which [SetWorkerState] finds the worker.
	// If it fails, the pool is broken: the jobs that are queued and all later
	// ones fail with a [*BrokenPoolError] that wraps an [*InitError].
	Initializer Call[None]

	// MaxPending is the number of accepted jobs that may wait for a worker;
	// beyond it Submit waits and TrySubmit refuses. Zero means no limit;
	// negative is an error.
	MaxPending int

	// IdleTimeout is the time after which a worker without work leaves, or up to
	// an eighth later. Zero means that workers stay until Shutdown; negative is
	// an error.
	IdleTimeout time.Duration

	// PinThreads locks each worker to an operating-system thread of its own
	// (see [runtime.LockOSThread]), for libraries that keep state per thread.
	// The hand-over of a job then costs several microseconds more.
	PinThreads bool

	// WarnAfter is the time after which the log gets a warning, and again
	// after each such time, that jobs wait for a worker. Zero means never;
	// negative is an error.
	WarnAfter time.Duration

	// Logger gets a record at debug level when a job starts and when it ends,
	// and warnings. Its trouble stays its own, as that of
	// [ProcessConfig.Logger] does. Nil means warnings only, to [slog.Default].
	Logger *slog.Logger

	// ProfileLabels labels the goroutine that runs a job with the names of
	// pool, worker and function, for profiles, as "executor", "worker" and
	// "function". While an execution trace is recorded, jobs appear in it as
	// tasks whatever this says.
	ProfileLabels bool
}

// A ThreadPool is an [Executor] whose workers are goroutines. It stands for
// concurrent.futures.ThreadPoolExecutor.
//
// Workers are started when they are needed; one that is idle, the most recently
// used first, is taken before a new one is started. Where the limit is high, a burst of
// short jobs is done by the few that came first, and a job waits some milliseconds at
// most while one more could be started. A pool without work has no
// goroutines but its idle workers, which stay until Shutdown or IdleTimeout.
//
// A job may use its own pool and wait for it. When every worker waits, in a call
// of this module such as Await on the job's own goroutine, the pool starts
// one more than its limit for the next queued job; it leaves when it is not needed
// any more. Jobs that wait in other ways, or on goroutines of their own, can still
// block each other.
type ThreadPool struct {
	cfg        ThreadConfig
	goroutines crew // of the workers; nothing is added once done is closed
	observer   observer
	meter      meter
	done       chan struct{} // closed once closed is set and no worker is left
	mostCome   int32         // how many of coming there may be; see leastComing

	mu      sync.Mutex // guards what follows
	queue   jobQueue
	room    roomQueue
	workers map[*threadWorker]struct{}
	idle    []*threadWorker // used as a stack
	waiting int             // workers whose job waits for something
	taken   uint64          // jobs that workers took from the queue
	coming  atomic.Int32    // workers that were given a job and have not begun; raised under mu
	held    atomic.Bool     // a job may be in the queue because of them; set under mu
	started int             // workers ever started
	closed  bool
	broken  error
	rescue  alarm  // see rescueLocked
	watch   alarm  // see watchWaitLocked
	tick    alarm  // see isIdleLocked
	ticked  uint64 // how often it rang
}

var threadPools atomic.Uint64 // for default names

// NewThreadPool returns a pool without workers. A field of cfg that makes no sense is a
// [*ConfigError] that names it. Every pool must be shut down once. It stands for
// ThreadPoolExecutor(). Each call makes another pool, after [CloseAll] too.
func NewThreadPool(cfg ThreadConfig) (*ThreadPool, error) {
	switch {
	case cfg.Workers < 0:
		return nil, &ConfigError{"ThreadConfig.Workers", cfg.Workers, "give a positive number, or 0 for min(32, GOMAXPROCS+4)"}
	case cfg.MaxPending < 0:
		return nil, &ConfigError{"ThreadConfig.MaxPending", cfg.MaxPending, "give a positive number, or 0 for a queue without limit"}
	case cfg.WarnAfter < 0:
		return nil, &ConfigError{"ThreadConfig.WarnAfter", cfg.WarnAfter, "give a positive duration, or 0 for no warnings"}
	case cfg.IdleTimeout < 0:
		return nil, &ConfigError{"ThreadConfig.IdleTimeout", cfg.IdleTimeout, "give a positive duration, or 0 for workers that stay"}
	}
	if cfg.Workers == 0 {
		cfg.Workers = min(32, runtime.GOMAXPROCS(0)+4)
	}
	if cfg.Name == "" {
		cfg.Name = fmt.Sprintf("ThreadPool-%d", threadPools.Add(1))
	}
	p := &ThreadPool{
		cfg:      cfg,
		observer: newObserver(cfg.Name, cfg.Logger, cfg.ProfileLabels),
		done:     make(chan struct{}),
		mostCome: int32(max(leastComing, min(runtime.GOMAXPROCS(0), 1<<10))),
		workers:  make(map[*threadWorker]struct{}),
	}
	p.goroutines.log = p.observer.warn
	p.meter.dropped = p.drop
	p.queue = openQueue(new(sched.Queue[Job]), &p.mu)
	opened(p)
	return p, nil
}

// Name returns the pool's name.
func (p *ThreadPool) Name() string { return p.cfg.Name }

// Execute implements [Executor]. It blocks only while the queue is full; its errors
// are those of [Submit]: ctx's cause if ctx ends while it waits, [ErrShutdown] after
// Shutdown. A job must not be executed twice.
func (p *ThreadPool) Execute(ctx context.Context, job *Job) error {
	job.meter = &p.meter
	p.mu.Lock()
	w, accepted, err := p.acceptLocked(job)
	if accepted || err != nil {
		p.mu.Unlock()
		w.wake()
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

// acceptLocked finds a worker or a place in the queue for job. It returns the
// worker to wake, if that is what it takes. Without an error, accepted is false
// when there is neither.
func (p *ThreadPool) acceptLocked(job *Job) (w *threadWorker, accepted bool, err error) {
	switch {
	case p.broken != nil:
		return nil, false, p.broken
	case p.closed:
		return nil, false, ErrShutdown
	}
	if n := len(p.idle); n > 0 {
		w = p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		w.job = job
		p.comesLocked(w)
		return w, true, nil
	}
	full := p.cfg.MaxPending > 0 && p.queue.Len() >= p.cfg.MaxPending
	if p.mayStartLocked() && (full || p.fewComeLocked()) {
		// A worker whose last future is settled, but which has not come back
		// for more yet, counts as idle: code that awaits a job and then submits
		// the next must get the same worker, not a new one.
		if !full && int(p.meter.settling.Load()) > p.queue.Len() {
			p.enqueueLocked(job)
			p.rescueLocked()
			return nil, true, nil
		}
		if p.queue.Len() > 0 { // the worker takes what is first
			p.enqueueLocked(job)
			job = p.queue.pop()
		}
		return p.startLocked(job), true, nil
	}
	if full {
		return nil, false, nil
	}
	p.enqueueLocked(job)
	return nil, true, nil
}

func (p *ThreadPool) enqueueLocked(job *Job) {
	p.queue.push(job)
	p.watchWaitLocked()
}

// admitLocked fills the queue with the jobs of callers that wait for room.
func (p *ThreadPool) admitLocked() {
	for p.room.len() > 0 && p.queue.Len() < p.cfg.MaxPending {
		p.enqueueLocked(p.room.admit())
	}
}

// drop forgets a queued job that was called off.
func (p *ThreadPool) drop(job *Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue.remove(job) {
		p.admitLocked()
	}
}

// CancelPending calls off every job that has not begun; their futures are canceled. It
// returns how many there were. Running jobs go on. It does not wait, and may be called
// at any time, during a Shutdown too, and again: it calls off what came since. With
// Shutdown after it, it stands for shutdown(cancel_futures=True).
func (p *ThreadPool) CancelPending() int {
	p.mu.Lock()
	jobs := p.queue.all()
	p.mu.Unlock()
	n := 0
	eachOf(jobs, func(j *Job) {
		if j.CallOff(errPendingCanceled) {
			n++
		}
	})
	return n
}

// Stats returns what the pool does at this moment.
func (p *ThreadPool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{
		Name:       p.cfg.Name,
		MaxWorkers: p.cfg.Workers,
		Workers:    len(p.workers),
		Idle:       len(p.idle),
		Waiting:    p.waiting,
		Queued:     p.queue.Len(),
		WaitingFor: p.room.len(),
	}
	for w := range p.workers {
		if w.job != nil {
			s.Running++
		}
	}
	p.meter.snapshot(&s)
	return s
}

// inside reports whether one of the pool's own workers calls.
func (p *ThreadPool) inside() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.insideLocked()
}

func (p *ThreadPool) insideLocked() bool {
	id := foreign.Caller()
	for w := range p.workers {
		if w.goroutine.Load() == id {
			return true
		}
	}
	return false
}
