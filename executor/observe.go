package executor

import (
	"context"
	"log/slog"
	"runtime/pprof"
	"runtime/trace"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/safelog"
)

// observed is where a job leaves its outcome for the log. Only jobs of a pool
// with a Logger have one.
type observed struct {
	outcome outcome
	err     error
}

// observe makes the job leave its outcome. It is called between Start and Run.
func (j *Job) observe() *observed {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := j.lateLocked()
	l.observed = new(observed)
	return l.observed
}

func (o outcome) String() string {
	switch o {
	case outcomeResult:
		return "completed"
	case outcomeError:
		return "failed"
	default:
		return "canceled"
	}
}

// observer makes the work of a pool visible from outside: in execution traces, in
// profiles and in a log.
type observer struct {
	pool   string
	logger *slog.Logger // for one record per start and end of a job; may be nil
	labels bool         // set pprof labels
}

func newObserver(pool string, logger *slog.Logger, labels bool) observer {
	if logger != nil {
		logger = safelog.New("executor", logger)
	}
	return observer{pool, logger, labels}
}

// wanted reports whether anything looks. It is asked for every job.
func (o *observer) wanted() bool {
	return o.labels || trace.IsEnabled() || o.debug()
}

// debug reports whether the logger wants a record for every job.
func (o *observer) debug() bool {
	return o.logger != nil && safelog.Debug(context.Background(), o.logger)
}

// run runs a started job under observation. What it has begun it ends in deferred
// calls, because the work may end the goroutine.
func (o *observer) run(job *Job, worker *Worker) {
	ctx := job.Context()
	if o.labels {
		ctx = pprof.WithLabels(ctx, pprof.Labels("executor", o.pool, "worker", worker.Name(), "function", job.Name()))
		pprof.SetGoroutineLabels(ctx)
		defer pprof.SetGoroutineLabels(context.Background())
	}
	if trace.IsEnabled() {
		var task *trace.Task
		ctx, task = trace.NewTask(ctx, job.Name())
		defer task.End()
		trace.Log(ctx, "executor", worker.Name())
		defer trace.StartRegion(ctx, job.Name()).End()
	}
	if o.debug() {
		defer o.log(ctx, job, worker)()
	}
	job.Run(ctx)
}

// log writes the record of the start and returns what writes that of the end.
func (o *observer) log(ctx context.Context, job *Job, worker *Worker) func() {
	logger := o.logger.With(KeyPool, o.pool, KeyWorker, worker.Name(), KeyFunction, job.Name(), KeyJob, job.ID())
	logger.DebugContext(ctx, "job started", KeyWaited, time.Duration(job.started-job.place.Since))
	seen := job.observe()
	return func() {
		ran := time.Duration(sinceEpoch() - job.started)
		if err := seen.err; err != nil {
			logger.DebugContext(ctx, "job "+seen.outcome.String(), KeyRan, ran, KeyError, message(err))
			return
		}
		logger.DebugContext(ctx, "job "+seen.outcome.String(), KeyRan, ran)
	}
}

// warn returns the logger for what must not go unnoticed.
func (o *observer) warn() *slog.Logger {
	if o.logger != nil {
		return o.logger
	}
	return safelog.Default()
}
