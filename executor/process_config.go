package executor

import (
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/safelog"
)

// ProcessConfig configures a [ProcessPool]. The zero value is ready to use.
type ProcessConfig struct {
	// Name is the pool's name in errors, statistics and logs. The default is
	// "process-" and a number.
	Name string

	// Workers is the greatest number of worker processes. They are started
	// when calls need them, an idle one is used first; for calls of a
	// microsecond, of which one worker runs as many as this process can
	// send, idle ones are not even woken. Zero means GOMAXPROCS; less is an
	// error.
	Workers int

	// Initializer, if it is not the zero Call, runs in every worker before
	// its first call, in replacements of dead workers too. It is a call of a
	// registered function: init.Bind(arg). If it fails the pool is broken,
	// and every future and later Submit has that error, an [*InitError],
	// unless nothing is left to do after Shutdown: a worker that comes up then
	// is ended, wherever it is. It stands for initializer and initargs.
	Initializer Call[None]

	// MaxPending is how many calls may wait for a worker. When there are as
	// many, Submit waits and TrySubmit returns [ErrQueueFull]. Zero means no
	// limit; less is an error.
	MaxPending int

	// Prefetch is how many calls may wait inside a worker, behind the one
	// that it runs, so that short calls share the cost of waking it. Only
	// calls whose function took a few microseconds so far are sent ahead,
	// and they are taken back when the one before them turns out to be long.
	// Zero means 64; a negative number means none; at most 128.
	Prefetch int

	// Grace is how long a running call may go on after its context has
	// ended, be it canceled or overdue. Its worker gets SIGTERM then, which
	// its work may handle, and SIGKILL when the same time has passed again. Zero means 5 s; a
	// negative duration means that a call is never killed.
	Grace time.Duration

	// StartTimeout is how long a worker may take from its start until it
	// reaches [Main]. Zero means 30 s; less is an error. The initializer's
	// time does not count. It is also how long a pool without any worker
	// tries to start one while descriptors, processes or memory are short; as
	// long as any worker lives it tries on.
	StartTimeout time.Duration

	// Env is added to the environment of the workers, in the form
	// "name=value"; anything else is an error.
	Env []string

	// Stdout gets what the workers write to their standard output, whole
	// lines at a time. The default is that they share this process's. It is
	// called by one goroutine at a time, also if several pools have it, and
	// what it does hurts only itself: the log is told once when it fails or
	// panics, and while it blocks calls go on, up to 1 MiB of output waits
	// for it, and what is beyond that is dropped and counted.
	Stdout io.Writer

	// Stderr gets what the workers write to their standard error, whole
	// lines at a time; the last lines are part of a [*CrashError] as well.
	// The default is this process's standard error. It is a pipe, which is
	// closed when the worker has ended: what a call starts and leaves behind,
	// such as a daemon, needs a standard output and error of its own, or it
	// dies of SIGPIPE when it writes there. The rest is as with Stdout.
	Stderr io.Writer

	// Logger gets a record when a worker died or could not be started, the
	// warnings of WarnAfter, and what the workers log with package slog; at
	// debug level one for each call that has ended, with how long it waited
	// and ran. Its trouble stays its own: what panics in it is reported once
	// to the standard error; a handler that has not returned after a second is
	// not waited for any longer, and until it returns it misses records, of
	// whose number it is told then. The default is slog.Default().
	Logger *slog.Logger

	// WarnAfter is the time after which the log gets a warning, and again
	// after each such time, that calls wait for a worker: how many, which is
	// next, and which call has kept its worker for the longest time, with
	// the pid. A call that was sent ahead to a worker counts once it was
	// taken back from there. Zero means never; less is an error.
	WarnAfter time.Duration

	// ProfileLabels labels the goroutine that runs a call in a worker with
	// the names of pool, worker and function, for profiles that the worker
	// makes of itself, as "executor", "worker" and "function"; the function
	// has the name under which it is registered. While an execution trace is
	// recorded in a worker, its calls appear in that as tasks whatever this
	// says. In a trace of this process a call is no task, for it does not
	// run here: what appears is the goroutine that reads its result.
	ProfileLabels bool

	// Timeout is how long each call may run; a call that takes longer is
	// treated as one whose context has ended, and its error is
	// context.DeadlineExceeded. A deadline of the context given to Submit
	// counts the time in the queue as well. Zero means no limit; less is an
	// error.
	Timeout time.Duration

	// BreakOnCrash makes the pool behave as Python's: the death of a worker
	// breaks it, and every call that it has fails with a [*BrokenPoolError].
	BreakOnCrash bool

	// Retry is how often a call is tried again when its worker died while it
	// ran. It is for calls that may be repeated. One that has killed that
	// many workers and one more fails with a [*PoisonError]. Zero means that
	// no call that has begun is ever repeated; at most 100, less is an error.
	Retry int

	// MaxTasks is the number of calls after which a worker is replaced. Zero
	// means no limit; less is an error. It stands for max_tasks_per_child.
	MaxTasks int

	// MaxAge is the age at which a worker is replaced, when its call has
	// ended. Zero means no limit; less is an error.
	MaxAge time.Duration

	// MaxRSS is the resident size in bytes above which a worker is replaced,
	// when its call has ended. It is looked at every 50 ms. Zero means no
	// limit; less is an error, and so is a limit on a system that does not
	// tell sizes, as the BSDs do not.
	MaxRSS int64

	// MemoryLimit is the soft limit of each worker's heap in bytes, as by
	// debug.SetMemoryLimit. Zero means none; less is an error.
	MemoryLimit int64

	// IdleTimeout is the time after which a worker without work leaves. Zero
	// means that workers stay until Shutdown; less is an error.
	IdleTimeout time.Duration
}

// validate returns the configuration with its defaults.
func (cfg ProcessConfig) validate() (ProcessConfig, error) {
	bad := func(field string, value any, remedy string) error {
		return &ConfigError{Field: "ProcessConfig." + field, Value: value, Remedy: remedy}
	}
	switch {
	case cfg.Workers < 0:
		return cfg, bad("Workers", cfg.Workers, "it must be positive, or zero for GOMAXPROCS")
	case cfg.MaxPending < 0:
		return cfg, bad("MaxPending", cfg.MaxPending, "it must be positive, or zero for no limit")
	case cfg.Prefetch > maxPrefetch:
		return cfg, bad("Prefetch", cfg.Prefetch, "it must be at most "+strconv.Itoa(maxPrefetch))
	case cfg.StartTimeout < 0:
		return cfg, bad("StartTimeout", cfg.StartTimeout, "it must be positive, or zero for 30 s")
	case cfg.WarnAfter < 0:
		return cfg, bad("WarnAfter", cfg.WarnAfter, "it must be positive, or zero for no warnings")
	}
	if err := cfg.validateLimits(bad); err != nil {
		return cfg, err
	}
	for _, variable := range cfg.Env {
		if strings.IndexByte(variable, '=') < 1 || strings.IndexByte(variable, 0) >= 0 {
			return cfg, bad("Env", strconv.Quote(variable), `each must be "name=value", without a NUL byte`)
		}
	}
	cfg.Env = slices.Clone(cfg.Env) // it is read whenever a worker starts
	if cfg.Name == "" {
		cfg.Name = "process-" + strconv.FormatUint(poolNumber.Add(1), 10)
	}
	if cfg.Workers == 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	if cfg.Prefetch == 0 {
		cfg.Prefetch = 64
	}
	if cfg.Grace == 0 {
		cfg.Grace = 5 * time.Second
	}
	if cfg.StartTimeout == 0 {
		cfg.StartTimeout = 30 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = safelog.Default()
	}
	cfg.Logger = safelog.New("executor", cfg.Logger)
	return cfg, nil
}

const maxRetry = 100

// maxPrefetch leaves half of the claims for calls that were taken back and that the
// worker has not passed over yet.
const maxPrefetch = proc.ClaimSlots / 2

// validateLimits checks the fields about how long workers and calls may last.
func (cfg *ProcessConfig) validateLimits(bad func(field string, value any, remedy string) error) error {
	const orNone = "it must be positive, or zero for no limit"
	switch {
	case cfg.Timeout < 0:
		return bad("Timeout", cfg.Timeout, orNone)
	case cfg.Retry < 0 || cfg.Retry > maxRetry:
		return bad("Retry", cfg.Retry, "it must be from 0 to 100")
	case cfg.MaxTasks < 0:
		return bad("MaxTasks", cfg.MaxTasks, orNone)
	case cfg.MaxAge < 0:
		return bad("MaxAge", cfg.MaxAge, orNone)
	case cfg.MaxRSS < 0:
		return bad("MaxRSS", cfg.MaxRSS, orNone)
	case cfg.MaxRSS > 0 && !proc.KnowsRSS():
		return bad("MaxRSS", cfg.MaxRSS, "this system does not tell the size of a worker that runs: use MaxTasks or MaxAge")
	case cfg.MemoryLimit < 0:
		return bad("MemoryLimit", cfg.MemoryLimit, orNone)
	case cfg.IdleTimeout < 0:
		return bad("IdleTimeout", cfg.IdleTimeout, "it must be positive, or zero for workers that stay")
	}
	return nil
}

var poolNumber atomic.Uint64
