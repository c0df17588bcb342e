package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

var _ = port("task/04-cancel-before-start", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		var tr diary
		body := func(name string) *loop.Task[string] {
			return start(ctx, func(ctx context.Context) (string, error) {
				tr.add(name + "-entered")
				defer tr.add(name + "-finally")
				return name, loop.Sleep(ctx, 0)
			})
		}
		early := body("early")
		early.AddDoneCallback(func(f *future.Future[string]) { tr.add("callback-" + settled(f)) })
		o.Print("cancel accepted:", yes(early.Cancel()))
		o.Print("right away:", settled(early), early.Cancelling())
		loop.Sleep(ctx, 0)
		o.Print(strings.TrimSpace(fmt.Sprint("one turn later: ", settled(early), " / trace: ", &tr)))
		o.Print("cancel again:", yes(early.Cancel()), "/ requests:", early.Cancelling())
		loop.Sleep(ctx, 0)
		o.Print("two turns later: trace:", &tr)

		started := body("started")
		loop.Sleep(ctx, 0)
		started.Cancel()
		o.Print("started, right away:", settled(started))
		loop.Sleep(ctx, 0)
		after := tr[1:]
		o.Print("started, one turn later:", settled(started), "/ trace:", &after)

		spared := body("spared")
		spared.Cancel()
		spared.Uncancel()
		future.Wait(ctx, []*loop.Task[string]{spared}, future.WaitOptions{})
		after = tr[3:]
		o.Print("withdrawn:", settled(spared), "/ trace:", &after)
		return nil
	})
})

var _ = port("task/05-cancel-at-await", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		var tr diary
		inner := func(ctx context.Context) error {
			defer func() {
				tr.add("inner-cleanup-begins")
				loop.Sleep(loop.Resume(ctx), 30*ms)
				tr.add("inner-cleanup-ends")
			}()
			tr.add("inner-waits")
			err := loop.Sleep(ctx, ever)
			if future.IsCanceled(err) {
				tr.add("inner-cancelled")
				return err
			}
			tr.add("unreachable")
			return err
		}
		task := start(ctx, func(ctx context.Context) (string, error) {
			defer tr.add("outer-finally")
			if err := inner(ctx); err != nil {
				if !future.IsCanceled(err) {
					tr.add("caught-as-ordinary-error")
				}
				return "", err
			}
			tr.add("unreachable")
			return "", nil
		})
		loop.Sleep(ctx, 20*ms)
		task.Cancel()
		tr.add("requested")
		loop.Sleep(ctx, 0)
		tr.add(map[bool]string{false: "still-cleaning", true: "already-done"}[task.IsDone()])
		if _, err := task.Await(ctx); future.IsCanceled(err) {
			tr.add("main-sees-cancelled")
		} else {
			tr.add("unreachable")
		}
		o.lines(tr)
		o.Print("cancelled:", yes(task.Canceled()), "/ main:", myRequests(ctx))
		return nil
	})
})

var _ = port("task/06-swallowed-cancel", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		var tr diary
		for _, mode := range []string{"return", "work-on", "error"} {
			task := start(ctx, func(ctx context.Context) (string, error) {
				if err := loop.Sleep(ctx, ever); future.IsCanceled(err) {
					tr.add(mode + "-caught")
					switch mode {
					case "error":
						return "", errors.New("turned")
					case "work-on":
						if err := loop.Sleep(loop.Resume(ctx), 20*ms); err != nil {
							return "", err
						}
						tr.add("worked-on")
					}
				}
				return mode + "-value", nil
			})
			loop.Sleep(ctx, 0)
			o.Printf("[%s] cancel accepted: %s", mode, yes(task.Cancel()))
			v, err := task.Await(ctx)
			switch {
			case future.IsCanceled(err):
				o.Print("outcome: cancelled")
			case err != nil:
				o.Print("outcome: error", err)
			default:
				o.Print("outcome: result", v)
			}
			o.Print("cancelled:", yes(task.Canceled()), "/ requests:", task.Cancelling())
			o.Print("cancel after the end:", yes(task.Cancel()), "/ requests:", task.Cancelling())
		}
		o.Print("trace:", &tr)
		return nil
	})
})

var _ = port("task/07-cancel-twice", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		var tr diary
		merged := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			for hits := 0; ; {
				if future.IsCanceled(loop.Sleep(ctx, ever)) {
					ctx = loop.Resume(ctx)
					hits++
					tr.add(fmt.Sprint("merged-hit", hits))
					if hits == 2 {
						return hits, nil
					}
				}
			}
		})
		loop.Sleep(ctx, 0)
		merged.Cancel()
		merged.Cancel()
		merged.Cancel()
		loop.Sleep(ctx, 20*ms)
		o.Print("merged:", &tr, "/ requests:", merged.Cancelling(), "/ done:", yes(merged.IsDone()))
		merged.Cancel()
		v, _ := merged.Await(ctx)
		o.Print("value:", v, "/ requests:", merged.Cancelling())

		tr.clear()
		task := start(ctx, func(ctx context.Context) (_ string, err error) {
			defer func() {
				tr.add("cleanup-begins")
				defer tr.add("cleanup-interrupted")
				if err = loop.Sleep(loop.Resume(ctx), ever); err == nil {
					tr.add("unreachable")
				}
			}()
			return "", loop.Sleep(ctx, ever)
		})
		loop.Sleep(ctx, 0)
		task.Cancel()
		loop.Sleep(ctx, 20*ms)
		o.Print("first:", &tr)
		task.Cancel()
		future.Wait(ctx, []*loop.Task[string]{task}, future.WaitOptions{})
		o.Print("second:", &tr, "/ cancelled:", yes(task.Canceled()), "/ requests:", task.Cancelling())
		return nil
	})
})

// reasonOf is the message of a cancellation.
func reasonOf(err error) string {
	var c *future.CanceledError
	if !errors.As(err, &c) || c.Cause == nil {
		return "empty"
	}
	return c.Cause.Error()
}

var _ = port("task/10-cancel-message", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		var tr diary
		sleeper := func(name string) *loop.Task[string] {
			return start(ctx, func(ctx context.Context) (string, error) {
				err := loop.Sleep(ctx, ever)
				tr.add(name + " got " + reasonOf(err))
				return "", err
			})
		}
		child := sleeper("child")
		top := start(ctx, func(ctx context.Context) (string, error) {
			v, err := child.Await(ctx)
			tr.add("parent got " + reasonOf(err))
			return v, err
		})
		loop.Sleep(ctx, 20*ms)
		top.CancelCause(errors.New("from the top"))
		_, err := top.Await(ctx)
		tr.add("main got " + reasonOf(err))
		o.lines(tr)

		one, two := errors.New("one"), errors.New("two")
		for _, messages := range [][]error{{}, {one}, {one, two}, {one, nil}} {
			fresh := sleeper("fresh")
			if len(messages) == 0 {
				fresh.Cancel()
			}
			for _, m := range messages {
				fresh.CancelCause(m)
			}
			_, err := fresh.Await(ctx)
			o.Print("messages", len(messages), "->", reasonOf(err))
		}

		l, err := loop.FromContext(ctx)
		f := future.NewOn[int](l).Future()
		f.CancelCause(errors.New("on a future"))
		o.Print("future:", reasonOf(f.Err()))
		return err
	})
})
