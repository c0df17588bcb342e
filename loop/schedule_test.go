package loop_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// The tests of this file run random programs of tasks, timeouts, groups, shields
// and cancellations twice: on a loop, and on the naive model of
// schedule_model_test.go and schedule_scope_model_test.go, which follows CPython's source line by line. Both note
// when each part of the program ended, how, and with how many requests to cancel.

// An op is one part of a program. Each has an id of its own, and its duration is
// a multiple of 40 ms and 2^id ns: so no two timers of a program ever fall due
// together, and what happens has one order.
type op struct {
	kind string
	id   int
	d    time.Duration
	kids []*op // in order; of a group the first is the body
}

const maxOps = 24 // 2^maxOps ns must stay far below the unit

func (o *op) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%d", o.kind, o.id)
	if o.d != 0 {
		fmt.Fprintf(&b, "/%d", o.d.Milliseconds())
	}
	if len(o.kids) > 0 {
		parts := make([]string, len(o.kids))
		for i, kid := range o.kids {
			parts[i] = kid.String()
		}
		fmt.Fprintf(&b, "(%s)", strings.Join(parts, " "))
	}
	return b.String()
}

// opKids says how many parts an op has, at least and at most.
var opKids = map[string][2]int{
	"sleep":   {0, 0}, // for d
	"fail":    {0, 0}, // with an error of its own, after d
	"stop":    {0, 0}, // after d, cancel the group to which the task belongs
	"move":    {0, 0}, // move the innermost timeout of the task to d from now
	"cleanup": {1, 1}, // after an error sleep for d, which wins if it fails
	"keep":    {1, 1}, // after an error sleep for d with a context that nothing ends
	"resume":  {2, 2}, // after a cancellation of the first do the second with the context anew
	"outer":   {1, 1}, // with the context around the innermost timeout of the task
	"again":   {1, 1}, // twice, whatever the first becomes
	"apart":   {1, 1}, // with a context that no request around this reaches
	"swallow": {1, 1}, // make a cancellation a success
	"replace": {1, 1}, // make a cancellation an error
	"seq":     {2, 3}, // until the first error
	"timeout": {1, 1}, // of d
	"group":   {1, 4},
	"await":   {1, 1}, // of a task
	"shield":  {1, 1}, // of a task
	"waitfor": {1, 1}, // of a task, for d
	"gather":  {2, 3}, // of tasks
}

// An attack cancels a task from outside.
type attack struct {
	at     time.Duration
	target int // the id of the op that is the task's body
}

type program struct {
	root    *op
	attacks []attack
}

func (p program) String() string { return fmt.Sprint(p.root, " attacks ", p.attacks) }

func drawProgram(rt *rapid.T) program {
	ids := 0
	duration := func() time.Duration {
		id := ids
		ids++
		return 40*time.Millisecond*time.Duration(rapid.IntRange(1, 12).Draw(rt, "time")) + 1<<id
	}
	leaves := []string{"sleep", "fail", "sleep", "stop", "move"}
	inner := []string{"cleanup", "keep", "resume", "resume", "outer", "again", "apart", "swallow", "replace", "seq", "timeout", "group", "await", "shield", "timeout", "group", "waitfor", "gather"}
	var draw func(depth int) *op
	draw = func(depth int) *op {
		kinds := append(slices.Clone(leaves), inner...)
		switch {
		case depth == 0 || ids >= maxOps-6:
			kinds = leaves
		case depth > 3:
			kinds = inner // programs worth running
		}
		o := &op{kind: rapid.SampledFrom(kinds).Draw(rt, "kind"), id: ids}
		o.d = duration()
		for range rapid.IntRange(opKids[o.kind][0], opKids[o.kind][1]).Draw(rt, "kids") {
			o.kids = append(o.kids, draw(depth-1))
		}
		return o
	}
	p := program{root: draw(6)}
	n := ids
	for range rapid.IntRange(0, 4).Draw(rt, "attacks") {
		target := 0
		if rapid.Bool().Draw(rt, "inner") {
			target = rapid.IntRange(0, n-1).Draw(rt, "target")
		}
		p.attacks = append(p.attacks, attack{duration(), target})
	}
	return p
}

// An opError is the error of a fail or a replace.
type opError int

func (e opError) Error() string { return fmt.Sprintf("E%d", int(e)) }

// ending describes an error so that the order in which a group got its errors does
// not matter.
func ending(err error) string {
	var group *loop.ErrorGroup
	var own opError
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, loop.ErrTimeout) && !errors.As(err, &group):
		return "timeout"
	case future.IsCanceled(err):
		return "canceled"
	case errors.As(err, &group):
		parts := make([]string, len(group.Errors))
		for i, e := range group.Errors {
			parts[i] = ending(e)
		}
		slices.Sort(parts)
		return "[" + strings.Join(parts, " ") + "]"
	case errors.As(err, &own):
		return own.Error()
	}
	return "unexpected: " + err.Error()
}

// A runner runs a program on a loop.
type runner struct {
	start time.Time
	log   []string
	tasks map[int]*loop.Task[none]
}

func (r *runner) note(ctx context.Context, o *op, err error) {
	r.log = append(r.log, fmt.Sprintf("%10d %s%d %s requests=%d", time.Since(r.start), o.kind, o.id, ending(err), requests(ctx)))
}

// A place is what an op must know of where it stands.
type place struct {
	group *loop.TaskGroup    // to which the task belongs
	limit *loop.TimeoutScope // the innermost of the task
	outer context.Context    //nolint:containedctx // what that was entered with
}

func (r *runner) do(ctx context.Context, o *op, at place) error {
	err := r.doKind(ctx, o, at)
	r.note(ctx, o, err)
	return err
}

func (r *runner) body(o *op, at place) func(context.Context) (none, error) {
	return func(ctx context.Context) (none, error) { return none{}, r.do(ctx, o, at) }
}

func (r *runner) doKind(ctx context.Context, o *op, at place) error {
	switch o.kind {
	case "sleep":
		return loop.Sleep(ctx, o.d)
	case "fail":
		return failer(o.d, opError(o.id))(ctx)
	case "stop":
		if err := loop.Sleep(ctx, o.d); err != nil {
			return err
		}
		if at.group != nil {
			at.group.Cancel()
		}
		return nil
	case "move":
		if at.limit != nil {
			_ = at.limit.Reschedule(time.Now().Add(o.d)) // refused while it ends
		}
		return nil
	case "cleanup":
		err := r.do(ctx, o.kids[0], at)
		if err != nil {
			if again := loop.Sleep(ctx, o.d); again != nil {
				return again
			}
		}
		return err
	case "keep":
		err := r.do(ctx, o.kids[0], at)
		if err != nil {
			if again := loop.Sleep(context.WithoutCancel(ctx), o.d); again != nil {
				return again
			}
		}
		return err
	case "resume":
		err := r.do(ctx, o.kids[0], at)
		if future.IsCanceled(err) {
			return r.do(loop.Resume(ctx), o.kids[1], at)
		}
		return err
	case "outer":
		if at.outer != nil {
			ctx = at.outer
		}
		return r.do(ctx, o.kids[0], at)
	case "again":
		_ = r.do(ctx, o.kids[0], at)
		return loop.Sleep(ctx, o.d)
	case "apart":
		return r.do(context.WithoutCancel(ctx), o.kids[0], at)
	case "swallow", "replace":
		err := r.do(ctx, o.kids[0], at)
		if future.IsCanceled(err) {
			if o.kind == "swallow" {
				return nil
			}
			return opError(o.id)
		}
		return err
	case "seq":
		for _, kid := range o.kids {
			if err := r.do(ctx, kid, at); err != nil {
				return err
			}
		}
		return nil
	case "timeout":
		limit := loop.NewTimeout(o.d)
		return limit.Do(ctx, func(inner context.Context) error {
			return r.do(inner, o.kids[0], place{at.group, limit, ctx})
		})
	case "group":
		return group(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			for _, kid := range o.kids[1:] {
				r.tasks[kid.id] = loop.Go(g, r.body(kid, place{group: g}))
			}
			return r.do(ctx, o.kids[0], at)
		})
	}
	var tasks []*loop.Task[none]
	for _, kid := range o.kids {
		task := loop.CreateTask(ctx, r.body(kid, place{}))
		r.tasks[kid.id] = task
		tasks = append(tasks, task)
	}
	switch o.kind {
	case "shield":
		return outcome(ctx, future.Shield(tasks[0]))
	case "waitfor":
		_, err := future.WaitFor(ctx, tasks[0], o.d)
		return err
	case "gather":
		return outcome(ctx, future.Gather(tasks...))
	}
	return outcome(ctx, tasks[0])
}

// runOnLoop returns the notes of p on a loop.
func runOnLoop(t *testing.T, p program) (log []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &runner{start: time.Now(), tasks: map[int]*loop.Task[none]{}}
		run(t, func(ctx context.Context) {
			l := here(t, ctx)
			l.SetExceptionHandler(func(*loop.Loop, loop.ExceptionContext) {}) // of errors behind a shield
			r.tasks[p.root.id] = loop.CreateTask(ctx, r.body(p.root, place{}))
			for _, a := range p.attacks {
				_, err := l.CallLater(a.at, func() {
					if task := r.tasks[a.target]; task != nil {
						task.Cancel()
					}
				})
				require.NoError(t, err)
			}
			for { // what a shield left behind is part of the program
				_ = outcome(ctx, r.tasks[p.root.id])
				left := loop.AllTasks(l)
				if len(left) == 1 {
					break
				}
				require.NoError(t, loop.Sleep(ctx, time.Second))
			}
		})
		log = r.log
	})
	slices.Sort(log)
	return log
}

func TestRandomSchedulesAgainstTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := drawProgram(rt)
		want := runOnModel(p)
		got := runOnLoop(t, p)
		if !slices.Equal(want, got) {
			rt.Fatalf("%v\nmodel:\n%s\nloop:\n%s", p, strings.Join(want, "\n"), strings.Join(got, "\n"))
		}
	})
}
