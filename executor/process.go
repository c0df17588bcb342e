package executor

import (
	"context"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
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
	initial *processCall // the initializer's encoded form; nil if there is none

	// carrier runs the goroutines of the workers.
	carrier carrier

	meter meter

	mu        sync.Mutex // guards what follows
	phase     poolPhase
	broken    error    // set in phase poolBroken
	stopped   bool     // Terminate or Kill was called
	queue     jobQueue // jobs that no worker has seen
	room      roomQueue
	returned  []*processCall    // started calls that were taken back from workers, in the order in which they are to go on; see returnLocked
	workers   []*processWorker  // all whose goroutine runs, in the order of their start
	idle      []*processWorker  // those that wait for a call, the most recent last
	starting  int               // workers that are not ready yet
	numbered  int               // number of the next worker
	costs     map[string]*costs // what is known of each function
	spare     []*processCall    // for reuse
	failures  int               // starts that failed in a row
	backoff   backoff           // of workers that die before they have finished anything
	crashes   uint64            // workers that died
	recycled  uint64            // workers that were replaced because of a limit
	done      chan struct{}     // closed when the last worker is gone after Shutdown
	closed    bool              // done is closed
	changed   chan struct{}     // closed when a worker became ready or the pool ended; nil if nobody waits
	announced int               // reasons for which workers were replaced already
	reaper    *time.Timer       // of idle workers; nil if there are none
	watch     *time.Timer       // see watchWaitLocked
	watching  bool              // watch will fire
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
// [ErrNoMain] if [Main] was not called before, and one that wraps
// errors.ErrUnsupported on systems other than Linux. The pool must be shut down
// by [ProcessPool.Shutdown]; should the program end without, by SIGKILL even, its
// workers notice and exit within a second, whatever they are doing.
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
		costs: make(map[string]*costs),
		done:  make(chan struct{}),
	}
	p.meter.dropped = p.dropJob
	if !cfg.Initializer.IsZero() {
		function, arg, err := cfg.Initializer.encode(cfg.Initializer.Name(), nil)
		if err != nil {
			return nil, &InitError{Worker: cfg.Name, Err: err}
		}
		p.initial = &processCall{function: function, arg: arg}
	}
	opened(p)
	return p, nil
}

// NeedsEncoding reports true: arguments are encoded by Submit, before a worker is
// taken, so that one which cannot be encoded fails its own future and nothing
// else. It implements [Encoder].
func (p *ProcessPool) NeedsEncoding() bool { return true }

// Execute accepts a job; see [Executor]. A closure is refused with [ErrClosure], and
// an argument that cannot be encoded, or is larger than 2 GiB, with an error that
// says so. It never waits for a worker, only for room if [ProcessConfig.MaxPending]
// is set. A job must not be executed twice.
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
	p.mu.Lock()
	job.costs = p.costsLocked(job.Name())
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
