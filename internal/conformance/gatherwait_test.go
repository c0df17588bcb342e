package conformance_test

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// start runs fn as a task; tasks of these cases return their names.
func start(ctx context.Context, fn func(context.Context) (string, error), opts ...loop.TaskOption) *loop.Task[string] {
	return loop.CreateTask(ctx, fn, opts...)
}

// failing is a task that fails after d and notes its name then.
func (tr *diary) failing(name string, d time.Duration) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if _, err := tr.sleeper(name, d)(ctx); err != nil {
			return "", err
		}
		return "", errors.New(name)
	}
}

var _ = port("gather-wait/01-gather-order", func(o *out) {
	var tr diary
	job := func(name string, d time.Duration) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			tr.add(name + "-starts")
			err := loop.Sleep(ctx, d)
			tr.add(name + "-ends")
			return name, err
		}
	}
	inLoop(o, func(ctx context.Context) error {
		results, err := future.Gather(
			start(ctx, job("slow", 350*ms)), start(ctx, job("fast", 30*ms)), start(ctx, job("mid", 180*ms)),
		).Await(ctx)
		require.NoError(o, err)
		o.Print("results:", strings.Join(results, " "))
		o.Print("trace:", &tr)

		tr.clear()
		task, fut := start(ctx, job("task", 20*ms)).Future(), future.Resolved("future")
		results, err = future.Gather(task, fut, task, start(ctx, job("coro", 0)).Future(), fut).Await(ctx)
		require.NoError(o, err)
		o.Print("mixed:", strings.Join(results, " "))
		o.Print("trace:", &tr)

		empty := future.Gather[*future.Future[string]]()
		results, err = empty.Await(ctx)
		require.NoError(o, err)
		o.Print("empty:", map[bool]string{true: "done", false: "pending"}[empty.IsDone()], len(results))

		inner, last, err := future.Gather2(ctx,
			future.Gather(start(ctx, job("n1", 0)), start(ctx, job("n2", 0))), start(ctx, job("n3", 0)))
		o.Print("nested:", 2, "/", strings.Join(inner, " "), "/", last)
		return err
	})
})

var _ = port("gather-wait/02-gather-return-exceptions", func(o *out) {
	var tr diary
	job := func(name string, d time.Duration, fail bool) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			defer tr.add(name)
			if err := loop.Sleep(ctx, d); err != nil {
				return "", err
			}
			if fail {
				return "", errors.New(name)
			}
			return name, nil
		}
	}
	kinds := func(outcomes []future.Outcome[string]) string {
		var words []string
		for _, item := range outcomes {
			switch {
			case future.IsCanceled(item.Err):
				words = append(words, "cancelled")
			case item.Err != nil:
				words = append(words, "error-"+item.Err.Error())
			default:
				words = append(words, item.Value)
			}
		}
		return strings.Join(words, " ")
	}
	inLoop(o, func(ctx context.Context) error {
		victim := start(ctx, job("victim", ever, false))
		never := start(ctx, job("never-started", ever, false))
		group := future.GatherOutcomes(
			start(ctx, job("bad1", 150*ms, true)), victim, start(ctx, job("good", 450*ms, false)), never,
			start(ctx, job("bad2", 300*ms, true)))
		never.Cancel()
		_ = loop.Sleep(ctx, 20*ms)
		victim.Cancel()
		results, err := group.Await(ctx)
		require.NoError(o, err)
		o.Print("results:", kinds(results))
		o.Print("order of endings:", &tr)
		o.Print("group cancelled:", yes(group.Canceled()))

		fut := future.New[string]().Future()
		fut.Cancel()
		results, err = future.GatherOutcomes(fut).Await(ctx)
		o.Print("only a cancelled future:", kinds(results))
		return err
	})
})

var _ = port("gather-wait/03-gather-first-error", func(o *out) {
	var tr diary
	complaints := 0
	inLoop(o, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		require.NoError(o, err)
		l.SetExceptionHandler(func(*loop.Loop, loop.ExceptionContext) { complaints++ })
		survivor := start(ctx, tr.sleeper("survivor", 450*ms))
		group := future.Gather(start(ctx, tr.failing("bad-late", 250*ms)), survivor, start(ctx, tr.failing("bad-first", 30*ms)))
		_, err = group.Await(ctx)
		o.Print("raised:", err)
		o.Print("so far:", &tr, "/ survivor:", map[bool]string{true: "done", false: "pending"}[survivor.IsDone()])
		o.Print("cancel of the finished group:", yes(group.Cancel()))
		name, err := survivor.Await(ctx)
		require.NoError(o, err)
		o.Print("survivor later:", name)
		o.Print("in the end:", &tr)
		_, err = group.Await(ctx)
		o.Print("raised again:", err)
		o.Print("complaints:", complaints)
		return nil
	})
})

var _ = port("gather-wait/14-as-completed-async", func(o *out) {
	var tr diary
	inLoop(o, func(ctx context.Context) error {
		w := waiting{o, ctx}
		fut := future.New[string]()
		w.later(280*ms, func() { _ = fut.SetResult("mid") })
		slow, bad := start(ctx, tr.sleeper("slow", 410*ms)).Future(), start(ctx, tr.failing("bad", 150*ms)).Future()
		known := map[*future.Future[string]]string{slow: "t-slow", bad: "t-bad", fut.Future(): "f-mid"}
		all := []*future.Future[string]{slow, bad, fut.Future(), start(ctx, tr.sleeper("coro", 30*ms)).Future()}
		for item, err := range future.AsCompleted(ctx, all, 0) {
			require.NoError(o, err)
			label := known[item]
			if label == "" {
				label = "new-task"
			}
			outcome, err := item.Result()
			if err != nil {
				outcome = "error " + err.Error()
			}
			o.Printf("%s: done %s, %s", label, yes(item.IsDone()), outcome)
		}

		finished := start(ctx, tr.sleeper("finished", 0))
		_, err := finished.Await(ctx)
		require.NoError(o, err)
		late := start(ctx, tr.sleeper("late", 300*ms))
		for item, err := range future.AsCompleted(ctx, []*loop.Task[string]{late, finished}, 50*ms) {
			if errors.Is(err, future.ErrTimeout) {
				o.Print("loop left by timeout / late:", map[bool]string{true: "done", false: "pending"}[late.IsDone()])
				break
			}
			v, _ := item.Result()
			o.Print("got", v)
		}
		v, err := late.Await(ctx)
		require.NoError(o, err)
		o.Print("late later:", v)

		victim := start(ctx, tr.sleeper("victim", ever))
		w.later(20*ms, func() { victim.Cancel() })
		for item, err := range future.AsCompleted(ctx, []*loop.Task[string]{victim}, 0) {
			require.NoError(o, err)
			o.Print("cancelled one is handed out:", yes(item == victim && item.Canceled()))
		}
		return nil
	})
})
