package fuzz

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A frame is where a task is in the program.
type frame struct {
	*run
	name     int
	depth    int // of calls
	groups   []*loop.TaskGroup
	limits   []*loop.TimeoutScope
	scope    *scope
	seen     uint64 // the turn in which the interpreter last had control
	returned *int
}

// A scope is a part of a task with a context of its own.
type scope struct {
	ctx   context.Context //nolint:containedctx // Resume replaces it
	outer *scope
}

func (f *frame) who() string { return fmt.Sprintf("t%d", f.name) }

// ctx returns the context with which the next instruction is to wait.
func (f *frame) ctx() context.Context { return f.scope.ctx }

// A live context is always the one with which the next instruction is to wait. It is for
// what takes a context once and waits with it repeatedly, while Resume replaces it.
type live struct{ f *frame }

func (l live) Deadline() (time.Time, bool) { return l.f.ctx().Deadline() }
func (l live) Done() <-chan struct{}       { return l.f.ctx().Done() }
func (l live) Err() error                  { return l.f.ctx().Err() }
func (l live) Value(key any) any           { return l.f.ctx().Value(key) }

// sync does what a port of a Python program has to do that takes a cancellation for
// an edge: when a wait has told of a request, or what the task waited for has
// swallowed it, the task's contexts are to be good again. A request that came while the
// task ran is told by the next wait; until then there is nothing to resume.
func (f *frame) sync() {
	if f.seen == f.turn() {
		return
	}
	f.seen = f.turn()
	f.resume()
}

func (f *frame) resume() {
	for s := f.scope; s != nil; s = s.outer {
		s.ctx = loop.Resume(s.ctx)
	}
}

// inside runs ops in a scope whose context is ctx.
func (f *frame) inside(ctx context.Context, ops []*op) error {
	f.scope = &scope{ctx: ctx, outer: f.scope}
	defer func() { f.scope = f.scope.outer }()
	return f.block(ops)
}

func (f *frame) block(ops []*op) error {
	for _, o := range ops {
		if err := f.step(o); err != nil {
			return err
		}
		if f.returned != nil {
			return nil
		}
	}
	return nil
}

func (f *frame) step(o *op) error {
	f.sync()
	result, err := instructions[o.do](f, o, o.args)
	if o.do == "group" && err != nil && kind(err) != "cancel" && f.cancelling() > 0 {
		// The group has put the request back that its own waits were told of.
		f.seen = f.turn()
	}
	f.sync()
	if err != nil {
		f.note(f.who(), strconv.Itoa(o.line), show(err))
		return err
	}
	f.note(f.who(), strconv.Itoa(o.line), show(result))
	return nil
}

// task returns the task that runs.
func (f *frame) task() loop.AnyTask {
	t := loop.CurrentTask(f.ctx())
	if t == nil {
		panic("not in a task")
	}
	return t
}

func (f *frame) cancelling() int { return f.task().Cancelling() }

// catches says which errors a try with this word catches.
var catches = map[string]func(error) bool{
	"cancel":  future.IsCanceled,
	"timeout": func(err error) bool { return kind(err) == "timeout" },
	"error":   func(err error) bool { return kind(err) != "cancel" },
	"all":     func(error) bool { return true },
}
