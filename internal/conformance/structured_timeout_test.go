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

var _ = port("structured/08-timeout-basics", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		limit := loop.NewTimeout(30 * ms)
		err := limit.Do(ctx, func(ctx context.Context) error {
			o.Print("at first: expired", yes(limit.Expired()))
			err := loop.Sleep(ctx, ever)
			if future.IsCanceled(err) {
				o.Print("inside: cancelled, expired", yes(limit.Expired()), "requests", myRequests(ctx))
			}
			_ = loop.Sleep(loop.Resume(ctx), 20*ms) // cleaning up is not limited any more
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
					if again := loop.Sleep(loop.Resume(ctx), 500*ms); again != nil {
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
