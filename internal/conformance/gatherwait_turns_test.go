package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// turns counts the turns of a loop, from now on.
func turns(o *out, l *loop.Loop) (count func() int) {
	n := 0
	var tick func()
	soon := func() {
		_, err := l.CallSoon(tick)
		require.NoError(o, err)
	}
	tick = func() {
		n++
		soon()
	}
	soon()
	return func() int { return n }
}

// outcomeWord is how the cases of this file print an outcome: the result, or Python's
// name of the exception.
func outcomeWord(v string, err error) string {
	switch {
	case err == nil:
		return v
	case errors.Is(err, future.ErrTimeout):
		return "TimeoutError"
	case future.IsCanceled(err):
		return "CancelledError"
	}
	return err.Error()
}

var _ = port("gather-wait/15-wait-for-turns", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l := loop.Current(ctx)
		turn := turns(o, l)
		require.NoError(o, loop.Sleep(ctx, 0))
		took := func(name string, wait func() (string, error)) {
			begin := turn()
			how := outcomeWord(wait())
			o.Printf("%s: %s after %d", name, how, turn()-begin)
		}
		waitFor := func(ctx context.Context, f future.Awaitable[string], d time.Duration) func() (string, error) {
			return func() (string, error) { return future.WaitFor(ctx, f, d) }
		}
		value := func(context.Context) (string, error) { return "value", nil }
		forever := func(ctx context.Context) (string, error) { return "", loop.Sleep(ctx, time.Minute) }

		took("no time, a future", waitFor(ctx, future.NewOn[string](l).Future(), 0))

		sleeper := start(ctx, forever)
		require.NoError(o, loop.Sleep(ctx, 0))
		took("no time, a task that sleeps", waitFor(ctx, sleeper, 0))
		took("no time, a task that has not begun", waitFor(ctx, start(ctx, value), 0))
		took("no time, a future that is done", waitFor(ctx, future.Resolved("done"), 0))

		ready := future.NewOn[string](l)
		l.CallSoon(func() { _ = ready.SetResult("ready") })
		took("a second, a future", waitFor(ctx, ready.Future(), time.Second))
		took("a second, a task", func() (string, error) { return future.WaitFor(ctx, start(ctx, value), time.Second) })
		// wait_for runs a coroutine inside the caller; that is Timeout in Go.
		inTimeout := func() (v string, err error) {
			err = loop.Timeout(ctx, time.Second, func(ctx context.Context) (err error) {
				v, err = value(ctx)
				return err
			})
			return v, err
		}
		took("a second, a coroutine", inTimeout)
		took("the same in a timeout", inTimeout)

		waiter := start(ctx, func(ctx context.Context) (string, error) {
			took("no time, and canceled", waitFor(ctx, future.NewOn[string](l).Future(), 0))
			return "", nil
		})
		require.NoError(o, loop.Sleep(ctx, 0))
		waiter.Cancel()
		_, _ = waiter.Await(ctx)
		return nil
	})
})

var _ = port("gather-wait/16-as-completed-turns", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l := loop.Current(ctx)
		turn := turns(o, l)
		require.NoError(o, loop.Sleep(ctx, 0))
		done := func(v string) *future.Future[string] {
			p := future.NewOn[string](l)
			_ = p.SetResult(v)
			return p.Future()
		}
		each := func(fs ...*future.Future[string]) {
			begin := turn()
			for f, err := range future.AsCompleted(ctx, fs, 0) {
				require.NoError(o, err)
				v, err := f.Result()
				o.Print(outcomeWord(v, err), "after", turn()-begin)
			}
			o.Print("end after", turn()-begin)
		}
		each(done("first"))

		late := future.NewOn[string](l)
		l.CallSoon(func() { _ = late.SetResult("late") })
		each(done("done"), late.Future())

		one, two := future.NewOn[string](l), future.NewOn[string](l)
		both := future.AsCompleted(ctx, []*future.Future[string]{one.Future(), two.Future()}, 0)
		var order diary
		take := func(name string) *loop.Task[string] {
			return start(ctx, func(context.Context) (string, error) {
				for f, err := range both {
					v, _ := f.Result()
					order.add(name + ":" + v)
					return "", err
				}
				return "", nil
			})
		}
		takers := []*loop.Task[string]{take("x"), take("y")}
		require.NoError(o, loop.Sleep(ctx, 0))
		_ = two.SetResult("two")
		require.NoError(o, loop.Sleep(ctx, 0))
		_ = one.SetResult("one")
		_, _, err := future.Wait(ctx, takers, future.WaitOptions{})
		o.Print("shared:", &order)
		return err
	})
})

var _ = port("gather-wait/17-cancel-during-gather", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l := loop.Current(ctx)
		scene := func(name string, cancel func(tasks []*loop.Task[string], children []*future.Promise[string]) []bool) {
			children := []*future.Promise[string]{future.NewOn[string](l), future.NewOn[string](l)}
			both := future.Gather(children[0].Future(), children[1].Future())
			var trace diary
			wait := func(who string) *loop.Task[string] {
				return start(ctx, func(ctx context.Context) (string, error) {
					if _, err := both.Await(ctx); future.IsCanceled(err) {
						trace.add(who + "-cancelled")
					}
					return "", nil
				})
			}
			tasks := []*loop.Task[string]{wait("a"), wait("b")}
			require.NoError(o, loop.Sleep(ctx, 0))
			var granted diary
			for _, g := range cancel(tasks, children) {
				granted.add(yes(g))
			}
			for turn := range 3 {
				require.NoError(o, loop.Sleep(ctx, 0))
				trace.add(fmt.Sprint("turn", turn+1))
			}
			_, left, err := future.Wait(ctx, tasks, future.WaitOptions{Timeout: 10 * ms})
			require.NoError(o, err)
			for _, task := range left {
				task.Cancel()
				trace.add("still-waiting")
			}
			_, _, err = future.Wait(ctx, tasks, future.WaitOptions{})
			require.NoError(o, err)
			o.Printf("%s: granted: %s / %s", name, &granted, &trace)
		}
		type tasks = []*loop.Task[string]
		type children = []*future.Promise[string]
		scene("one waiter canceled twice", func(t tasks, _ children) []bool {
			return []bool{t[0].Cancel(), t[0].Cancel()}
		})
		scene("each canceled", func(t tasks, _ children) []bool { return []bool{t[0].Cancel(), t[1].Cancel()} })
		scene("the second first", func(t tasks, _ children) []bool { return []bool{t[1].Cancel(), t[0].Cancel()} })
		scene("children done before", func(t tasks, c children) []bool {
			for _, child := range c {
				require.NoError(o, child.SetResult(""))
			}
			return []bool{t[0].Cancel()}
		})
		_, err := future.WaitFor(ctx, future.Gather(future.NewOn[string](l).Future()), 0)
		o.Print("wait_for without time:", outcomeWord("", err))
		return nil
	})
})
