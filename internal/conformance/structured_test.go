package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// ms is the unit in which these cases count; ever is their "for ever".
const (
	ms   = time.Millisecond
	ever = 600 * time.Second
)

// inLoop runs main as the main task of a loop, in a bubble whose time costs none.
func inLoop(o *out, main func(ctx context.Context) error) {
	synctest.Test(o.T, func(t *testing.T) {
		_, err := loop.Run(t.Context(), func(ctx context.Context) (struct{}, error) {
			return struct{}{}, main(ctx)
		})
		require.NoError(t, err)
	})
}

// A diary is the list to which the cases append.
type diary []string

func (tr *diary) add(s string)   { *tr = append(*tr, s) }
func (tr *diary) String() string { return strings.Join(*tr, " ") }
func (tr *diary) clear()         { *tr = nil }

// sleeper sleeps and notes its name at the end, or that it was canceled.
func (tr *diary) sleeper(name string, d time.Duration) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if err := loop.Sleep(ctx, d); err != nil {
			tr.add(name + "-cancelled")
			return "", err
		}
		tr.add(name)
		return name, nil
	}
}

// myRequests is Task.cancelling() of the current task.
func myRequests(ctx context.Context) int { return loop.CurrentTask(ctx).Cancelling() }

// fails is a task that fails after d.
func fails(text string, d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := loop.Sleep(ctx, d); err != nil {
			return err
		}
		return errors.New(text)
	}
}

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
				_ = loop.Sleep(ctx, 30*ms)
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
					_ = loop.Sleep(ctx, 300*ms)
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

var _ = port("structured/08-timeout-basics", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		limit := loop.NewTimeout(30 * ms)
		err := limit.Do(ctx, func(ctx context.Context) error {
			o.Print("at first: expired", yes(limit.Expired()))
			err := loop.Sleep(ctx, ever)
			if future.IsCanceled(err) {
				o.Print("inside: cancelled, expired", yes(limit.Expired()), "requests", myRequests(ctx))
			}
			_ = loop.Sleep(ctx, 20*ms) // cleaning up is not limited any more
			o.Print("cleaned up")
			return err
		})
		if errors.Is(err, loop.ErrTimeout) {
			o.Print("outside: timeout, expired", yes(limit.Expired()), "requests", myRequests(ctx))
		}

		limit = loop.NewTimeout(ever)
		var value string
		err = limit.Do(ctx, func(context.Context) error {
			value = "in time"
			return nil
		})
		o.Print(value, "expired", yes(limit.Expired()))
		limit = loop.NewTimeoutAt(time.Time{})
		_ = limit.Do(ctx, func(context.Context) error {
			o.Print("no deadline:", someDeadline(limit.When()))
			return err
		})

		for _, delay := range []time.Duration{0, -1} {
			limit := loop.NewTimeout(delay)
			err := limit.Do(ctx, func(ctx context.Context) error {
				o.Print("the block is entered all the same, expired", yes(limit.Expired()))
				if err := loop.Sleep(ctx, 0); err != nil {
					return err
				}
				o.Print("still here after one turn")
				return loop.Sleep(ctx, 0)
			})
			if errors.Is(err, loop.ErrTimeout) {
				o.Print("delay", int(delay), "timeout")
			}
		}
		limit = loop.NewTimeout(0)
		err = limit.Do(ctx, func(context.Context) error { return nil }) // never awaits: the deadline cannot strike
		o.Print("no await, no timeout: expired", yes(limit.Expired()))
		_ = loop.Sleep(ctx, 20*ms)
		o.Print("requests", myRequests(ctx))
		return err
	})
})

func someDeadline(when time.Time) string {
	if when.IsZero() {
		return "none"
	}
	return "some"
}

var _ = port("structured/09-timeout-reschedule", func(o *out) {
	never := time.Time{}
	attempt := func(title string, limit *loop.TimeoutScope, when time.Time) {
		if err := limit.Reschedule(when); errors.Is(err, loop.ErrTimeoutState) {
			o.Print(title+":", "runtime-error")
		} else {
			o.Print(title+":", "ok")
		}
	}
	inLoop(o, func(ctx context.Context) error {
		limit := loop.NewTimeout(30 * ms)
		attempt("before entering", limit, never)
		_ = limit.Do(ctx, func(ctx context.Context) error {
			_ = limit.Reschedule(time.Now().Add(ever))
			err := loop.Sleep(ctx, 60*ms)
			o.Print("moved back: expired", yes(limit.Expired()))
			_ = limit.Reschedule(never)
			o.Print("lifted:", someDeadline(limit.When()))
			return err
		})
		attempt("after leaving", limit, time.Now().Add(time.Second))

		limit = loop.NewTimeout(ever)
		err := limit.Do(ctx, func(ctx context.Context) error {
			_ = limit.Reschedule(time.Now().Add(-time.Second))
			o.Print("made immediate: expired", yes(limit.Expired()))
			err := loop.Sleep(ctx, ever)
			attempt("while expiring", limit, time.Now().Add(ever))
			return err
		})
		if errors.Is(err, loop.ErrTimeout) {
			o.Print("timeout: expired", yes(limit.Expired()))
		}
		attempt("after expiring", limit, never)

		limit = loop.NewTimeout(30 * ms)
		err = limit.Do(ctx, func(ctx context.Context) error {
			_ = limit.Reschedule(time.Now().Add(-time.Second))
			_ = limit.Reschedule(time.Now().Add(ever)) // taken back before the loop could act
			return loop.Sleep(ctx, 60*ms)
		})
		o.Print("taken back: expired", yes(limit.Expired()))
		if again := limit.Do(ctx, func(context.Context) error { return nil }); errors.Is(again, loop.ErrScopeEntered) {
			o.Print("entered again: runtime-error")
		}
		return err
	})
})

var _ = port("structured/11-timeout-versus-cancel", func(o *out) {
	limited := func(reaction string, delay time.Duration) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			limit := loop.NewTimeout(delay)
			err := limit.Do(ctx, func(ctx context.Context) error {
				err := loop.Sleep(ctx, ever)
				switch reaction {
				case "absorb":
					return nil
				case "replace":
					return errors.New("replaced")
				case "linger":
					if again := loop.Sleep(ctx, 500*ms); again != nil {
						return again
					}
				}
				return err
			})
			report := "finished"
			switch {
			case errors.Is(err, loop.ErrTimeout):
				report = "timeout"
			case future.IsCanceled(err):
				report = "cancelled"
			case err != nil:
				report = "error " + err.Error()
			}
			// Not returned: the requests are those of the scope's end, and what
			// the task makes of them is not the point.
			return fmt.Sprintf("%s, expired %s, requests %d", report, yes(limit.Expired()), myRequests(ctx)), nil
		}
	}
	inLoop(o, func(ctx context.Context) error {
		scene := func(title, reaction string, delay, cancelAfter time.Duration) {
			task := loop.CreateTask(ctx, limited(reaction, delay))
			if cancelAfter > 0 {
				_ = loop.Sleep(ctx, cancelAfter)
				task.Cancel()
			}
			report, err := task.Await(ctx)
			require.NoError(o, err)
			o.Print(title+":", report)
		}
		scene("deadline", "plain", 30*ms, 0)
		scene("outside cancel", "plain", ever, 30*ms)
		scene("deadline absorbed", "absorb", 30*ms, 0)
		scene("outside cancel absorbed", "absorb", ever, 30*ms)
		scene("deadline replaced by an error", "replace", 30*ms, 0)
		scene("deadline, then cancel during cleanup", "linger", 30*ms, 250*ms)
		scene("cancel, then deadline during cleanup", "linger", 250*ms, 30*ms)

		// Both in the same iteration, before the task runs again.
		l, err := loop.FromContext(ctx)
		require.NoError(o, err)
		task := loop.CreateTask(ctx, limited("plain", ever))
		_ = loop.Sleep(ctx, 0)
		for range 2 {
			_, err = l.CallSoon(func() { task.Cancel() })
			require.NoError(o, err)
		}
		report, err := task.Await(ctx)
		o.Print("two outside cancels:", report)
		return err
	})
})

var _ = port("structured/13-timeout-in-group", func(o *out) {
	var tr diary
	limited := func(name string, delay time.Duration, handle bool) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			err := loop.Timeout(ctx, delay, func(ctx context.Context) error { return loop.Sleep(ctx, ever) })
			if errors.Is(err, loop.ErrTimeout) {
				tr.add(name + "-timeout")
				if handle {
					return name + "-value", nil
				}
			} else {
				tr.add(name + "-cancelled")
			}
			return "", err
		}
	}
	result := func(t *loop.Task[string]) string {
		if t.Canceled() {
			return "cancelled"
		}
		v, _ := t.Result()
		return v
	}
	inLoop(o, func(ctx context.Context) error {
		var a, b *loop.Task[string]
		err := loop.WithTaskGroup(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			a, b = loop.Go(g, limited("a", 200*ms, true)), loop.Go(g, limited("b", 30*ms, true))
			return nil
		})
		require.NoError(o, err)
		o.Print("handled:", &tr, "/", result(a), result(b))

		tr.clear()
		err = loop.WithTaskGroup(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			loop.Go(g, limited("c", 30*ms, false))
			loop.Go(g, limited("d", ever, true))
			return nil
		})
		if errors.Is(groupOf(err).Errors[0], loop.ErrTimeout) {
			o.Print("unhandled:", &tr, "/ group of timeout")
		}

		// A timeout around the group's body only: the tasks are not affected.
		around := func(title, name string, wait func(*loop.Task[string]) *future.Future[string]) {
			tr.clear()
			var task *loop.Task[string]
			err := loop.WithTaskGroup(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
				task = loop.Go(g, limited(name, 300*ms, true))
				err := loop.Timeout(ctx, 30*ms, func(ctx context.Context) error {
					_, err := wait(task).Await(ctx)
					return err
				})
				if errors.Is(err, loop.ErrTimeout) {
					tr.add("body-timeout")
				}
				return nil
			})
			require.NoError(o, err)
			o.Print(title+":", &tr, "/", result(task))
		}
		around("awaited child is cancelled with the body", "e", (*loop.Task[string]).Future)
		around("shielded child is not", "f", func(t *loop.Task[string]) *future.Future[string] { return future.Shield(t) })
		return nil
	})
})
