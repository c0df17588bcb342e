package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

var _ = port("task/01-start-order", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		var tr diary
		var child func(name, grandchild string) func(context.Context) (string, error)
		child = func(name, grandchild string) func(context.Context) (string, error) {
			return func(ctx context.Context) (string, error) {
				tr.add(name + "-starts")
				if grandchild != "" {
					loop.CreateTask(ctx, child(grandchild, ""))
					tr.add(name + "-created-" + grandchild)
				}
				err := loop.Sleep(ctx, 0)
				tr.add(name + "-ends")
				return name, err
			}
		}
		l.CallSoon(func() { tr.add("callback-1") })
		t1 := loop.CreateTask(ctx, child("t1", "t1x"))
		l.CallSoon(func() { tr.add("callback-2") })
		t2 := loop.CreateTask(ctx, child("t2", ""))
		tr.add("main-still-running")
		o.Print("before yielding:", &tr)
		loop.Sleep(ctx, 0)
		tr.add("main-resumed")
		t2.Await(ctx)
		tr.add("t2-awaited")
		t1.Await(ctx)
		loop.Sleep(ctx, 20*ms)
		o.lines(tr)
		return err
	})
})

var _ = port("task/02-sleep-zero-interleaving", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		var tr diary
		worker := func(name string, turns int) *loop.Task[string] {
			return start(ctx, func(ctx context.Context) (string, error) {
				for i := range turns {
					tr.add(fmt.Sprint(name, i))
					loop.Sleep(ctx, 0)
				}
				tr.add(name + "-end")
				return name, nil
			})
		}
		bursty := func(name string) *loop.Task[string] {
			return start(ctx, func(ctx context.Context) (string, error) {
				for i := range 2 {
					tr.add(fmt.Sprint(name, i, "a"))
					tr.add(fmt.Sprint(name, i, "b"))
					loop.Sleep(ctx, -1)
				}
				tr.add(name + "-end")
				return name, nil
			})
		}
		tasks := []*loop.Task[string]{worker("a", 3), worker("b", 1), bursty("c"), worker("d", 0)}
		for round := range 5 {
			loop.Sleep(ctx, 0)
			o.Print(strings.TrimSpace(fmt.Sprintf("round %d: %v", round, &tr)))
			tr.clear()
		}
		running := slices.ContainsFunc(tasks, func(t *loop.Task[string]) bool { return !t.IsDone() })
		o.Print("all done:", yes(!running))
		// Go's Sleep has no result argument: the value is simply used after it.
		value := func(v string, err error) string { return v }
		o.Print("value of sleep:", value("zero", loop.Sleep(ctx, 0)), value("short", loop.Sleep(ctx, 10*ms)))
		return nil
	})
})

var _ = port("task/13-task-outcomes", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		task := start(ctx, fail("boom"))
		o.Print("pending result:", kindOf(task.Result()), "/ exception:", exceptionOf(task))
		// A task has no write end that code could get hold of: the compiler
		// refuses what Python refuses when it runs.
		_, settable := any(task).(interface{ SetResult(string) error })
		o.Print("set_result:", map[bool]string{false: "runtime-error"}[settable])
		_, failable := any(task).(interface{ SetError(error) error })
		o.Print("set_exception:", map[bool]string{false: "runtime-error"}[failable])

		awaiter := func(name string) func(context.Context) (string, error) {
			return func(ctx context.Context) (string, error) {
				_, err := task.Await(ctx)
				return fmt.Sprint(name, ":", err, ":", map[bool]string{true: "same", false: "copy"}[err == task.Err()]), nil
			}
		}
		first, second := start(ctx, awaiter("first")), start(ctx, awaiter("second"))
		a, _ := second.Await(ctx)
		b, _ := first.Await(ctx)
		c, _ := awaiter("third")(ctx)
		o.Print(a, b, c)
		o.Print("result:", kindOf(task.Result()), "/ again:", kindOf(task.Result()))
		o.Print("cancel after the end:", yes(task.Cancel()))

		var myself *loop.Task[string]
		myself = start(ctx, func(ctx context.Context) (string, error) {
			if _, err := myself.Await(ctx); errors.Is(err, future.ErrAwaitsItself) {
				return "runtime-error", nil
			}
			return "", nil
		})
		v, err := myself.Await(ctx)
		o.Print("awaiting itself:", v)
		return err
	})
})

// fail is a body that fails after a moment.
func fail(text string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		loop.Sleep(ctx, 20*ms)
		return "", errors.New(text)
	}
}

var _ = port("task/14-shield", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		var tr diary
		var gate syncs.Event
		inner := func(name string) *loop.Task[string] {
			return start(ctx, func(ctx context.Context) (string, error) {
				if err := gate.Wait(ctx); err != nil {
					tr.add(name + "-cancelled")
					return "", err
				}
				tr.add(name + "-finished")
				return name + "-value", nil
			})
		}
		outer := func(task *loop.Task[string]) *loop.Task[string] {
			return start(ctx, func(ctx context.Context) (string, error) {
				v, err := future.Shield(task).Await(ctx)
				if future.IsCanceled(err) {
					tr.add("outer-cancelled")
				}
				return v, err
			})
		}
		ended := func(t *loop.Task[string]) string {
			future.Wait(ctx, []*loop.Task[string]{t}, future.WaitOptions{})
			return map[bool]string{true: "cancelled", false: "finished"}[t.Canceled()]
		}
		is := func(same bool) string { return map[bool]string{true: "same object", false: "new object"}[same] }

		one := inner("one")
		waiting := outer(one)
		loop.Sleep(ctx, 20*ms)
		waiting.Cancel()
		o.Print("outer:", ended(waiting), "/ inner:", settled(one), "with", one.Cancelling(), "requests")
		gate.Set()
		v, _ := one.Await(ctx)
		o.Print("inner later:", v)
		gate.Clear()

		two := inner("two")
		waiting = outer(two)
		loop.Sleep(ctx, 20*ms)
		two.Cancel()
		o.Print("inner cancelled, outer:", ended(waiting), "with", waiting.Cancelling(), "requests")

		o.Print("finished inner:", is(future.Shield(one) == one.Future()))
		three := inner("three")
		shielded := future.Shield(three)
		shielded.Cancel()
		gate.Set()
		canceled, state := yes(shielded.Canceled()), settled(three)
		v, err := three.Await(ctx)
		o.Print("shield cancelled by hand:", canceled, "/ inner:", state, "/ then", v)
		o.Print("trace:", &tr)
		return err
	})
})

var _ = port("task/16-current-and-all-tasks", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		var tr diary
		name := func(ctx context.Context) string {
			if t := loop.CurrentTask(ctx); t != nil {
				return t.Name()
			}
			return "none"
		}
		everyone := func() string {
			var names []string
			for _, t := range loop.AllTasks(l) {
				names = append(names, t.Name())
			}
			slices.Sort(names)
			return strings.Join(names, " ")
		}
		child := func(ctx context.Context) (string, error) {
			tr.add("child-is-" + name(ctx))
			err := loop.Sleep(ctx, 0)
			tr.add("child-still-" + name(ctx) + "-via-" + name(ctx))
			return "", err
		}
		me := loop.CurrentTask(ctx)
		me.SetName("main")
		a, b := start(ctx, child, loop.WithName("a")), start(ctx, child, loop.WithName("b"))
		o.Print("not started yet:", everyone())
		l.CallSoon(func() { tr.add("callback-in-" + name(ctx)) })
		a.OnDone(func() { tr.add("done-" + a.Name() + "-in-" + name(ctx)) })
		loop.Sleep(ctx, 0)
		a.SetName("a2")
		o.Print("running:", everyone())
		b.Await(ctx)
		loop.Sleep(ctx, 0)
		o.Print("afterwards:", everyone(), "/ helper in", name(ctx))
		o.lines(tr)
		o.Print("same task all along:", yes(loop.CurrentTask(ctx) == me))
		return err
	})
})

// A taskVar is the variable of a case about contexts. Go's contexts cannot
// change, so a variable that a task may set is a box that its context holds, and
// fork is what CreateTask and CallSoon of Python do for every task: it gives what is
// registered now a box of its own.
type taskVar struct{ value string }

type varKey struct{}

func of(ctx context.Context) *taskVar { return ctx.Value(varKey{}).(*taskVar) }

func fork(ctx context.Context) context.Context {
	return context.WithValue(ctx, varKey{}, &taskVar{of(ctx).value})
}

var _ = port("task/17-context-variables", func(o *out) {
	outside := context.WithValue(context.Background(), varKey{}, &taskVar{"default"})
	inLoop(o, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		ctx = fork(context.WithValue(ctx, varKey{}, of(outside)))
		var tr diary
		callback := func(ctx context.Context, label string) func() {
			return func() {
				tr.add(label + ":" + of(ctx).value)
				of(ctx).value = "set-by-" + label
			}
		}
		child := func(ctx context.Context, label string) *loop.Task[string] {
			return start(ctx, func(ctx context.Context) (string, error) {
				tr.add(label + "-starts:" + of(ctx).value)
				of(ctx).value = "set-by-" + label
				err := loop.Sleep(ctx, 0)
				tr.add(label + "-ends:" + of(ctx).value)
				return "", err
			})
		}
		of(ctx).value = "one"
		first := child(fork(ctx), "first")
		l.CallSoon(callback(fork(ctx), "soon"))
		first.OnDone(callback(fork(ctx), "done"))
		of(ctx).value = "two"
		second := child(fork(ctx), "second")
		l.CallLater(30*ms, callback(fork(ctx), "timer"))
		of(ctx).value = "three"
		future.Gather(first, second).Await(ctx)
		loop.Sleep(ctx, 60*ms)
		o.Print("main keeps:", of(ctx).value)
		func(ctx context.Context) { of(ctx).value = "set-inline" }(ctx)
		o.Print("plain call shares the context:", of(ctx).value)
		own := fork(ctx)
		child(own, "explicit").Await(ctx)
		o.Print("main:", of(ctx).value, "/ explicit context:", of(own).value)
		o.lines(tr)
		return err
	})
	o.Print("outside:", of(outside).value)
})
