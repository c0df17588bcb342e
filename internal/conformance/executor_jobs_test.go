package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// readOutcome is the case's read: an outcome within a limit, as a word.
func readOutcome(f *future.Future[string], limit time.Duration) string {
	ctx, cancel := context.WithTimeout(bg, limit)
	defer cancel()
	v, err := f.Await(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case future.IsCanceled(err):
		return "cancelled"
	default:
		return v
	}
}

func errorOutcome(f *future.Future[string]) string {
	switch err := f.Err(); {
	case err == nil:
		return "none"
	case future.IsCanceled(err):
		return "cancelled"
	default:
		return err.Error()
	}
}

var _ = port("executor/15-cancel-queued", func(o *out) {
	const brief, long = 20 * time.Millisecond, time.Minute
	var ran, told []string
	gate, busy := make(chan struct{}), make(chan struct{})
	work := func(name string) executor.Call[string] {
		return executor.Func(func(context.Context) (string, error) {
			ran = append(ran, name)
			if name == "running" {
				close(busy)
				<-gate
			}
			return name, nil
		})
	}
	facts := func(f *future.Future[string]) string {
		return fmt.Sprintf("done %s, running %s, cancelled %s", yes(f.IsDone()), yes(f.Running()), yes(f.Canceled()))
	}
	pool := threads(o, 1)
	first, queued, victim := submit(o, pool, work("running")), submit(o, pool, work("queued")), submit(o, pool, work("victim"))
	<-busy
	victim.AddDoneCallback(func(f *future.Future[string]) {
		if f.Canceled() {
			told = append(told, "victim-cancelled")
		}
	})
	o.Print("running:", facts(first), "/ cancel:", yes(first.Cancel()), "/ result:", readOutcome(first, brief))
	o.Print("queued:", facts(queued), "/ result:", readOutcome(queued, brief))
	// Python's second cancel() of a canceled future is true; Go's is false,
	// as everywhere: ask Canceled.
	o.Print("victim cancel:", yes(victim.Cancel()), "/ again:", yes(victim.Canceled()))
	o.Print("victim:", facts(victim), "/ result:", readOutcome(victim, long), "/ exception:", errorOutcome(victim))
	o.Print("callback ran inside cancel:", words(told))
	victim.OnDone(func() { told = append(told, "late") })
	o.Print("late callback:", told[len(told)-1])
	close(gate)
	require.NoError(o, pool.Shutdown(bg))
	o.Print("first:", facts(first), "/ cancel:", yes(first.Cancel()), "/ result:", readOutcome(first, long))
	o.Print("queued:", facts(queued), "/ result:", readOutcome(queued, long), "/ exception:", errorOutcome(queued))
	o.Print("ran:", words(ran))
})

var _ = port("executor/17-as-completed", func(o *out) {
	var a, b, c, d future.Promise[string]
	names := map[*future.Future[string]]string{a.Future(): "a", b.Future(): "b", c.Future(): "c", d.Future(): "d"}
	label := func(f *future.Future[string]) string {
		v, err := f.Result()
		switch {
		case f.Canceled():
			v = "cancelled"
		case err != nil:
			v = "error-" + err.Error()
		}
		return names[f] + ":" + v
	}
	require.NoError(o, c.SetResult("early"))
	pace := make(chan struct{}, 4)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for _, step := range []func(){
			func() { _ = b.SetError(errors.New("boom")) },
			func() { _ = a.SetResult("late") },
			func() { d.Future().Cancel() },
		} {
			<-pace
			step()
		}
	}()
	var order []string
	all := []*future.Future[string]{a.Future(), b.Future(), c.Future(), d.Future(), a.Future(), c.Future()}
	for f, err := range future.AsCompleted(bg, all, 0) {
		require.NoError(o, err)
		order = append(order, label(f))
		pace <- struct{}{} // each result allows the next one to happen
	}
	<-finished
	o.Print("order:", words(order))

	pool := threads(o, 2)
	gate := make(chan struct{})
	fast := submit(o, pool, executor.Func(func(context.Context) (none, error) { return none{}, nil }))
	slow := submit(o, pool, executor.Action(func(context.Context) error { <-gate; return nil }))
	got := []any{"with timeout:"}
	for f, err := range future.AsCompleted(bg, []*future.Future[none]{slow, fast}, 100*time.Millisecond) {
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			got = append(got, "timeout")
		case f == fast:
			got = append(got, "fast")
		default:
			got = append(got, "slow")
		}
	}
	o.Print(append(got, "/ slow:", slow.State())...)
	close(gate)
	require.NoError(o, pool.Shutdown(bg))
	count := func(fs []*future.Future[none], timeout time.Duration) (n int) {
		for _, err := range future.AsCompleted(bg, fs, timeout) {
			require.NoError(o, err)
			n++
		}
		return n
	}
	o.Print("nothing to wait for:", count(nil, 0))
	// Python's timeout of zero, to look and not to wait, is a negative one in Go.
	o.Print("timeout zero, all finished:", count([]*future.Future[none]{fast, slow}, -1))
})

var _ = port("executor/19-job-states-and-callbacks", func(o *out) {
	var trace []string
	started, gate := make(chan struct{}), make(chan struct{})
	facts := func(f *future.Future[string]) string {
		return fmt.Sprintf("running %s, done %s, cancelled %s", yes(f.Running()), yes(f.IsDone()), yes(f.Canceled()))
	}
	var worker, main goroutine
	main.mark()
	where := func() string {
		switch {
		case worker.here():
			return "worker"
		case main.here():
			return "main"
		default:
			return "other"
		}
	}
	callback := func(name string, fail bool) func(*future.Future[string]) {
		return func(f *future.Future[string]) {
			v, _ := f.Result()
			trace = append(trace, fmt.Sprintf("%s-in-%s-%s", name, where(), v))
			if fail {
				panic(name)
			}
		}
	}
	pool := threads(o, 1)
	blocker := submit(o, pool, executor.Func(func(context.Context) (string, error) {
		worker.mark()
		close(started)
		<-gate
		return "value", nil
	}))
	<-started
	job := submit(o, pool, executor.Func(func(context.Context) (string, error) { return "second", nil }))
	o.Print("queued:", facts(job))
	o.Print("running:", facts(blocker))
	blocker.AddDoneCallback(callback("c1", false))
	blocker.AddDoneCallback(callback("bad", true))
	blocker.AddDoneCallback(callback("c2", false))
	o.Print("callbacks so far:", len(trace))
	close(gate)
	o.Print("second job:", must[string](o)(job.Await(bg)))
	o.Print("finished:", facts(blocker))
	blocker.AddDoneCallback(callback("late", false))
	blocker.AddDoneCallback(callback("late-bad", true))
	require.NoError(o, pool.Shutdown(bg))
	for _, step := range trace {
		o.Print(step)
	}
	o.Print("exception:", someOr(blocker.Err(), "none"))
})
