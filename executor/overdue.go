package executor

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/overdue"
	"github.com/seed-1b9fde7b/asyncgo/internal/stacks"
)

// An overdueJob is a job that runs while a Shutdown waits for it.
type overdueJob struct {
	job       *Job
	worker    string
	pid       int           // of the worker process; 0 for a goroutine
	goroutine int64         // that runs it in this process; 0 if a worker process does
	ran       time.Duration // since it began
}

// watchShutdown reports, until stop, for which calls a shutdown waits that were asked
// to end. Calls of which that was not asked are the shutdown's purpose. The reports go
// to the one that ctx names, or else to the log of the pool.
func watchShutdown(ctx context.Context, pool string, log func() *slog.Logger, running func() []overdueJob) (stop func()) {
	report := overdue.Reporter(ctx)
	if report == nil {
		report = func(message string) { log().Warn(message, KeyPool, pool) }
	}
	w := overdue.Start(func(waited time.Duration) {
		var all map[int64]stacks.Goroutine
		for _, o := range running() {
			if !o.job.cancelAsked() {
				continue
			}
			if all == nil && o.goroutine != 0 {
				all, _ = stacks.All()
			}
			report(fmt.Sprintf("executor: the shutdown of pool %q has waited %v for a canceled call: %s",
				pool, waited.Round(time.Millisecond), o.describe(all)))
		}
	})
	return w.Stop
}

// describe says what a call has done since it was asked to end.
func (o *overdueJob) describe(all map[int64]stacks.Goroutine) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q, which %s has run for %v, was asked to end", o.job.Name(), o.worker, o.ran.Round(time.Millisecond))
	if ago := o.job.canceledFor(); ago > 0 {
		fmt.Fprintf(&b, " %v ago", ago.Round(time.Millisecond))
	}
	if o.pid != 0 {
		fmt.Fprintf(&b, "; it runs in process %d, which Terminate and Kill end", o.pid)
		return b.String()
	}
	g := all[o.goroutine]
	if at := stacks.Place(g.Frames); at != "" {
		fmt.Fprintf(&b, "; now it is in %s (%s)", at, g.State)
	}
	b.WriteString("; it must look at its context")
	return b.String()
}

// ask notes that the cancellation was asked for; the job's mutex is held.
func (l *late) ask(cause error) { l.asked, l.cause, l.when = true, cause, sinceEpoch() }

// canceledFor returns how long ago the cancellation was asked for, 0 if that is not
// known: a context does not tell when it ended.
func (j *Job) canceledFor() time.Duration {
	if j.late.Load() != nil {
		j.mu.Lock()
		l := j.late.Load()
		asked, when := l.asked, l.when
		j.mu.Unlock()
		if asked {
			return time.Duration(sinceEpoch() - when)
		}
	}
	if at, ok := j.parent.Deadline(); ok && isDeadline(j.parent.Err()) {
		return time.Since(at)
	}
	return 0
}
