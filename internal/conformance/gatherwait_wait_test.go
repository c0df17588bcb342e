package conformance_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A waiting is the stage of the cases about Wait: tasks with names.
type waiting struct {
	*out
	ctx context.Context
}

func (w waiting) task(name string, d time.Duration, mode string) *loop.Task[string] {
	return start(w.ctx, func(ctx context.Context) (string, error) {
		if err := loop.Sleep(ctx, d); err != nil {
			return "", err
		}
		if mode == "fail" {
			return "", errors.New("boom")
		}
		return mode, nil
	}, loop.WithName(name))
}

func (w waiting) show(title string, opts future.WaitOptions, tasks ...*loop.Task[string]) (done, pending []*loop.Task[string]) {
	done, pending, err := future.Wait(w.ctx, tasks, opts)
	require.NoError(w.T, err)
	w.Printf("%s: done %s / pending %s", title, names(done), names(pending))
	return done, pending
}

func (w waiting) later(d time.Duration, fn func()) {
	l, err := loop.FromContext(w.ctx)
	require.NoError(w.T, err)
	_, err = l.CallLater(d, fn)
	require.NoError(w.T, err)
}

func names(tasks []*loop.Task[string]) string {
	if len(tasks) == 0 {
		return "nobody"
	}
	var all []string
	for _, t := range tasks {
		all = append(all, t.Name())
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

var _ = port("gather-wait/07-wait-first-completed", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		w := waiting{o, ctx}
		first := future.WaitOptions{ReturnWhen: future.FirstCompleted}
		_, pending := w.show("first", first, w.task("a", 450*ms, "ok"), w.task("b", 50*ms, "ok"), w.task("c", 250*ms, "ok"))
		_, pending = w.show("second", first, pending...)
		w.show("third", first, pending...)
		slow := w.task("slow", 700*ms, "ok")
		done, _ := w.show("error counts", first, w.task("bad", 30*ms, "fail"), slow)
		o.Print("wait raised nothing, task has:", done[0].Err())
		victim := w.task("victim", ever, "ok")
		w.later(20*ms, func() { victim.Cancel() })
		w.show("cancel counts", first, slow, victim)

		// Both end in the same iteration, before the waiter gets its turn.
		twin1, twin2 := w.task("twin1", 0, "ok"), w.task("twin2", 0, "ok")
		w.show("same iteration", first, twin1, twin2, slow)
		w.show("finished already", first, twin1, slow)
		w.show("duplicates", future.WaitOptions{}, slow, slow, twin2)
		return nil
	})
})

var _ = port("gather-wait/08-wait-first-exception", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		w := waiting{o, ctx}
		show := func(title string, tasks ...*loop.Task[string]) {
			done, pending := w.show(title, future.WaitOptions{ReturnWhen: future.FirstException}, tasks...)
			for _, t := range pending {
				t.Cancel()
				_, _ = t.Await(ctx)
			}
			for _, t := range done {
				if !t.Canceled() && t.Err() != nil {
					o.Print("  ", t.Name(), "failed with", t.Err())
				}
			}
		}
		show("one error", w.task("ok", 20*ms, "ok"), w.task("bad", 200*ms, "fail"), w.task("slow", ever, "ok"))
		show("no error", w.task("x", 60*ms, "ok"), w.task("y", 20*ms, "ok"))
		victim := w.task("victim", ever, "ok")
		w.later(20*ms, func() { victim.Cancel() })
		show("cancel is no error", victim, w.task("late", 60*ms, "ok"))

		// An error that is already there at the call still counts.
		bad := w.task("old-error", 0, "fail")
		_, _ = bad.Await(ctx)
		show("old error", bad, w.task("other", ever, "ok"))
		victim = w.task("old-cancel", ever, "ok")
		victim.Cancel()
		_, _ = victim.Await(ctx)
		show("old cancel", victim, w.task("last", 30*ms, "ok"))
		return nil
	})
})

var _ = port("gather-wait/09-wait-timeout", func(o *out) {
	var tr diary
	inLoop(o, func(ctx context.Context) error {
		job := func(name string, d time.Duration) *loop.Task[string] {
			return start(ctx, func(ctx context.Context) (string, error) {
				err := loop.Sleep(ctx, d)
				tr.add(name + map[bool]string{true: "-finished", false: "-cancelled"}[err == nil])
				return name, err
			}, loop.WithName(name))
		}
		tasks := []*loop.Task[string]{job("fast", 20*ms), job("slow", 600*ms)}
		done, pending, err := future.Wait(ctx, tasks, future.WaitOptions{Timeout: 200 * ms})
		require.NoError(o, err)
		o.Print("timeout: done", names(done), "/ pending", names(pending), "/ trace:", &tr)
		done, pending, err = future.Wait(ctx, tasks, future.WaitOptions{Timeout: -1})
		require.NoError(o, err)
		o.Print("zero: done", names(done), "/ pending", names(pending))

		waiter := start(ctx, func(ctx context.Context) (string, error) {
			_, _, err := future.Wait(ctx, tasks, future.WaitOptions{})
			return "", err
		})
		_ = loop.Sleep(ctx, 20*ms)
		waiter.Cancel()
		_ = loop.Sleep(ctx, 0)
		o.Print("waiter:", map[bool]string{true: "cancelled", false: "alive"}[waiter.Canceled()],
			"/ requests of slow:", tasks[1].Cancelling())
		done, pending, err = future.Wait(ctx, tasks, future.WaitOptions{})
		require.NoError(o, err)
		o.Print("rest: done", names(done), "/ pending", names(pending), "/ trace:", &tr)

		if _, _, err := future.Wait(ctx, tasks[:0], future.WaitOptions{}); errors.Is(err, future.ErrNoFutures) {
			o.Print("empty set: value-error")
		}
		if _, _, err := future.Wait(ctx, tasks, future.WaitOptions{ReturnWhen: 99}); err != nil {
			o.Print("bad return_when: value-error")
		}
		return nil
	})
})

var _ = port("gather-wait/10-wait-for-timeout", func(o *out) {
	var tr diary
	slow := func(cleanup time.Duration) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			err := loop.Sleep(ctx, ever)
			tr.add("cancelled-inside")
			_ = loop.Sleep(loop.Resume(ctx), cleanup)
			tr.add("cleaned")
			return "", err
		}
	}
	inLoop(o, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		require.NoError(o, err)
		waitFor := func(f future.Awaitable[string]) bool {
			_, err := future.WaitFor(ctx, f, 30*ms)
			return errors.Is(err, future.ErrTimeout)
		}
		_, err = l.CallLater(160*ms, func() { tr.add("loop-alive") })
		require.NoError(o, err)
		task := start(ctx, slow(300*ms))
		if waitFor(task) {
			tr.add("timeout")
		}
		o.Print("task:", &tr, "/ cancelled:", yes(task.Canceled()))
		o.Print("own requests:", myRequests(ctx))

		tr.clear()
		if waitFor(start(ctx, slow(30*ms))) {
			tr.add("timeout")
		}
		o.Print("coroutine:", &tr)

		if fut := future.NewOn[string](l).Future(); waitFor(fut) {
			o.Print("future: timeout / cancelled:", yes(fut.Canceled()))
		}
		if fut := future.NewOn[string](l).Future(); waitFor(future.Shield(fut)) {
			o.Print("shielded future: timeout / cancelled:", yes(fut.Canceled()))
		}
		v, err := start(ctx, func(ctx context.Context) (string, error) { return "value", loop.Sleep(ctx, 20*ms) }).Await(ctx)
		o.Print("no limit:", v)
		return err
	})
})

var _ = port("gather-wait/12-wait-for-zero", func(o *out) {
	var tr diary
	body := func(name string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			tr.add(name + "-entered")
			return name, nil
		}
	}
	inLoop(o, func(ctx context.Context) error {
		attempt := func(title string, f future.Awaitable[string], limit time.Duration) {
			v, err := future.WaitFor(ctx, f, limit)
			switch {
			case errors.Is(err, future.ErrTimeout):
				o.Print(title+":", "timeout")
			case err != nil:
				o.Print(title+":", "error", err)
			default:
				o.Print(title+":", "result", v)
			}
		}
		attempt("coroutine, zero", start(ctx, body("coro")), 0)
		attempt("coroutine, negative", start(ctx, body("coro")), -1)
		attempt("finished future, zero", future.Resolved("ready"), 0)
		attempt("failed future, zero", future.Failed[string](errors.New("boom")), 0)
		fut := future.New[string]().Future()
		attempt("pending future, zero", fut, 0)
		o.Print("future cancelled:", yes(fut.Canceled()))
		fresh := start(ctx, body("fresh"))
		attempt("task not started, zero", fresh, 0)
		o.Print("task cancelled:", yes(fresh.Canceled()))
		task := start(ctx, func(ctx context.Context) (string, error) {
			_ = loop.Sleep(ctx, ever)
			tr.add("stubborn-absorbs")
			return "absorbed", loop.Sleep(loop.Resume(ctx), 20*ms)
		})
		_ = loop.Sleep(ctx, 0)
		attempt("absorbing task, zero", task, 0)
		o.Print("trace:", &tr)
		return nil
	})
})
