package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// members returns the errors of a group as the cases print them.
func members(err error) string {
	group := groupOf(err)
	if group == nil {
		return fmt.Sprint("no group: ", err)
	}
	texts := make([]string, len(group.Errors))
	for i, err := range group.Errors {
		texts[i] = err.Error()
	}
	return strings.Join(texts, " ")
}

// groupOf returns the group of errors that err is, or nil.
func groupOf(err error) *loop.ErrorGroup {
	var group *loop.ErrorGroup
	_ = errors.As(err, &group)
	return group
}

var _ = port("structured/01-group-success", func(o *out) {
	var tr diary
	inLoop(o, func(ctx context.Context) error {
		var slow, victim *loop.Task[string]
		err := loop.WithTaskGroup(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			slow = loop.Go(g, tr.sleeper("slow", 30*ms))
			victim = loop.Go(g, tr.sleeper("victim", ever))
			g.Go(func(ctx context.Context) error {
				err := loop.Sleep(ctx, 200*ms) // the body has ended by now, the group is still waiting
				loop.Go(g, tr.sleeper("grandchild", 50*ms))
				tr.add("spawner")
				return err
			})
			tr.add("body")
			err := loop.Sleep(ctx, 0)
			victim.Cancel()
			tr.add("body-ends")
			return err
		})
		tr.add("after-group")
		for _, step := range tr {
			o.Print(step)
		}
		result, _ := slow.Result()
		o.Print("result:", result, "/ victim:", ending(victim))
		o.Print("own requests:", myRequests(ctx))
		if loop.WithTaskGroup(ctx, func(context.Context, *loop.TaskGroup) error { return nil }) == nil {
			o.Print("empty group: ok")
		}
		return err
	})
})

// ending says whether a task was canceled.
func ending(t interface{ Canceled() bool }) string {
	if t.Canceled() {
		return "cancelled"
	}
	return "other"
}

var _ = port("structured/02-group-failure", func(o *out) {
	var tr diary
	inLoop(o, func(ctx context.Context) error {
		var bad, other *loop.Task[struct{}]
		err := loop.WithTaskGroup(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			bad = g.Go(func(ctx context.Context) error {
				err := fails("boom", 30*ms)(ctx)
				tr.add("fails")
				return err
			})
			other = g.Go(func(ctx context.Context) error {
				err := loop.Sleep(ctx, ever)
				tr.add("sibling-cleanup")
				_ = loop.Sleep(loop.Resume(ctx), 30*ms)
				tr.add("sibling-cleaned")
				return err
			})
			err := loop.Sleep(ctx, ever)
			tr.add("body-cancelled")
			o.Print("requests seen by the body:", myRequests(ctx))
			return err
		})
		tr.add("group-raised")
		o.Print("errors:", members(err))
		o.Print("same object as the task's:", yes(groupOf(err).Errors[0] == bad.Err()))
		for _, step := range tr {
			o.Print(step)
		}
		o.Print("sibling:", ending(other), "/ requests:", other.Cancelling())
		o.Print("own requests afterwards:", myRequests(ctx))
		if loop.Sleep(ctx, 0) == nil {
			o.Print("still able to wait: yes")
		}
		return nil
	})
})

// shape prints nested groups of errors.
func shape(err error) string {
	group := groupOf(err)
	if group == nil {
		return err.Error()
	}
	parts := make([]string, len(group.Errors))
	for i, err := range group.Errors {
		parts[i] = shape(err)
	}
	return "[" + strings.Join(parts, " ") + "]"
}

type groupWork = func(context.Context) error

var _ = port("structured/04-nested-groups", func(o *out) {
	var tr diary
	sleeper := func(name string) groupWork {
		return func(ctx context.Context) error {
			_, err := tr.sleeper(name, ever)(ctx)
			return err
		}
	}
	group := func(ctx context.Context, works []groupWork) error {
		return loop.WithTaskGroup(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			for _, w := range works {
				g.Go(w)
			}
			return nil
		})
	}
	inner := func(name string, works ...groupWork) groupWork {
		return func(ctx context.Context) error {
			err := group(ctx, works)
			switch {
			case err == nil:
				tr.add(name + "-left-normally")
			case future.IsCanceled(err):
				tr.add(name + "-left-by-cancel")
			default:
				tr.add(name + "-left-by-" + shape(err))
			}
			return err
		}
	}
	inLoop(o, func(ctx context.Context) error {
		scene := func(title string, works ...groupWork) {
			tr.clear()
			if err := group(ctx, works); err != nil {
				o.Print(title+":", shape(err))
			}
			o.Print("  ", &tr)
		}
		scene("inner fails", inner("inner", fails("deep", 20*ms), sleeper("deep-sibling")), sleeper("outer-sibling"))
		scene("outer fails", inner("inner", sleeper("deep")), fails("top", 20*ms))
		err := inner("middle", inner("innermost", fails("three-levels", 0)))(ctx)
		o.Print("two groups deep:", shape(err))
		return nil
	})
})

var _ = port("structured/05-group-cancelled-from-outside", func(o *out) {
	var tr diary
	holder := func(inBody bool) func(context.Context) (struct{}, error) {
		return func(ctx context.Context) (struct{}, error) {
			err := loop.WithTaskGroup(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				g.Go(func(ctx context.Context) error {
					err := loop.Sleep(ctx, ever)
					tr.add("child-cancelled")
					_ = loop.Sleep(loop.Resume(ctx), 300*ms)
					tr.add("child-cleaned")
					return err
				})
				if !inBody {
					return nil
				}
				err := loop.Sleep(ctx, ever)
				tr.add("body-left")
				return err
			})
			if future.IsCanceled(err) {
				tr.add(fmt.Sprint("holder-cancelled-requests-", myRequests(ctx)))
			} else {
				tr.add("unexpected-group")
			}
			return struct{}{}, err
		}
	}
	inLoop(o, func(ctx context.Context) error {
		for _, inBody := range []bool{true, false} {
			tr.clear()
			task := loop.CreateTask(ctx, holder(inBody))
			_ = loop.Sleep(ctx, 20*ms)
			task.Cancel()
			_ = loop.Sleep(ctx, 20*ms)
			tr.add(map[bool]string{true: "holder-done", false: "holder-waiting"}[task.IsDone()])
			_, _ = task.Await(ctx)
			o.Print(map[bool]string{true: "in the body:", false: "at the end:"}[inBody], &tr)
			o.Print("   cancelled:", yes(task.Canceled()))
		}
		// Canceled again while the children clean up: their cleanup is not disturbed.
		tr.clear()
		task := loop.CreateTask(ctx, holder(false))
		for range 2 {
			_ = loop.Sleep(ctx, 20*ms)
			task.Cancel()
		}
		_, _ = task.Await(ctx)
		o.Print("twice:", &tr, "/ cancelled:", yes(task.Canceled()))
		return nil
	})
})

var _ = port("structured/06-group-create-task-rules", func(o *out) {
	attempt := func(title string, g *loop.TaskGroup) {
		task := g.Go(func(context.Context) error { return nil })
		if task.IsDone() { // refused
			o.Print(title+":", "runtime-error")
		} else {
			o.Print(title+":", "accepted")
		}
	}
	inLoop(o, func(ctx context.Context) error {
		group := new(loop.TaskGroup)
		attempt("before entering", group)
		_ = group.Do(ctx, func(context.Context) error {
			attempt("inside", group)
			group.Go(func(ctx context.Context) error {
				err := loop.Sleep(ctx, 20*ms)
				attempt("while the group waits", group)
				return err
			})
			return nil
		})
		attempt("after the end", group)
		err := group.Do(ctx, func(context.Context) error {
			o.Print("unreachable")
			return nil
		})
		if errors.Is(err, loop.ErrScopeEntered) {
			o.Print("entered again: runtime-error")
		}

		err = loop.WithTaskGroup(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			group = g
			g.Go(func(ctx context.Context) error {
				err := loop.Sleep(ctx, ever)
				attempt("during shutdown", g)
				return err
			})
			err := loop.Sleep(ctx, 0)
			g.Go(fails("boom", 0))
			return err
		})
		o.Print("errors:", members(err))
		attempt("after failing", group)
		return nil
	})
})
