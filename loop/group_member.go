package loop

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// Go starts fn as a task of g and returns the task; fn gets the values of g's
// context. It is [CreateTask] otherwise, with the same options.
//
// The group is told of the task's end, which need not be awaited; awaiting it gives
// its result. Tasks of the group may add tasks, also while Do waits. Before the
// body is entered, after the last task has ended, and while the group stops, the
// returned task has failed already and fn does not run: [ErrGroupNotEntered],
// [ErrGroupFinished], [ErrGroupAborting]. Any goroutine may call it.
//
// It stands for TaskGroup.create_task. It is a function because methods cannot
// have type parameters.
func Go[T any](g *TaskGroup, fn func(context.Context) (T, error), opts ...TaskOption) *Task[T] {
	m := &member{g: g}
	if err := g.admit(m); err != nil {
		t := &Task[T]{}
		t.fut = t.promise.Future()
		t.core.self = t
		t.core.finished = true
		_ = t.promise.SetError(fmt.Errorf("loop: Go: %w", err))
		return t
	}
	t := CreateTask(&g.scope.ctx, fn, opts...)
	g.watch(m, t)
	return t
}

// Go is the function [Go] for tasks without a result.
func (g *TaskGroup) Go(fn func(context.Context) error, opts ...TaskOption) *Task[None] {
	return Go(g, noResult(fn), opts...)
}

// A member is a task of a group, from Go until the group has been told that it
// is done.
type member struct {
	future.Waitable
	g          *TaskGroup
	prev, next *member
}

// admit takes a task in before it is made, so that the group cannot finish in
// between.
func (g *TaskGroup) admit(m *member) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case !g.entered:
		return ErrGroupNotEntered
	case g.exiting && g.members.n == 0:
		return ErrGroupFinished
	case g.aborting:
		return ErrGroupAborting
	}
	g.members.add(m)
	return nil
}

// watch lets the member m be the task w.
func (g *TaskGroup) watch(m *member, w future.Waitable) {
	g.mu.Lock()
	m.Waitable = w
	missed := g.aborting // only if Go is called off the loop
	g.mu.Unlock()
	if missed {
		w.CancelCause(&groupAborted{})
	}
	if w.IsDone() && g.scope.ctx.t.l.owned() {
		m.done() // it was refused, or ran to its end at once
		return
	}
	w.OnDone(m.done)
}

// done is called on the loop when the task has ended.
func (m *member) done() {
	g := m.g
	err := m.Err()
	failed := err != nil && !future.IsCanceled(err)
	g.mu.Lock()
	g.members.remove(m)
	if g.members.n == 0 && g.waiting {
		g.scope.ctx.t.Unpark(g.ticket)
	}
	if failed {
		g.errs = append(g.errs, err)
	}
	first := failed && !g.aborting
	g.mu.Unlock()
	switch t := g.scope.ctx.t; {
	case first:
		why := &groupAborted{err}
		g.abort(why)
		g.scope.stop(&groupFailed{err}, why)
	case failed && t.finished: // by runtime.Goexit: no task waits for the group
		t.l.CallExceptionHandler(ExceptionContext{
			Message: "A task of a task group failed after the task that held the group had ended",
			Err:     err,
		})
	}
}

// A memberList is the tasks of a group in the order in which they were added.
type memberList struct {
	head, tail *member
	n          int
}

func (s *memberList) add(m *member) {
	m.prev = s.tail
	if s.tail != nil {
		s.tail.next = m
	} else {
		s.head = m
	}
	s.tail = m
	s.n++
}

func (s *memberList) remove(m *member) {
	if m.prev != nil {
		m.prev.next = m.next
	} else {
		s.head = m.next
	}
	if m.next != nil {
		m.next.prev = m.prev
	} else {
		s.tail = m.prev
	}
	m.prev, m.next = nil, nil
	s.n--
}

// all returns the members whose tasks exist.
func (s *memberList) all() []*member {
	all := make([]*member, 0, s.n)
	for m := s.head; m != nil; m = m.next {
		if m.Waitable != nil {
			all = append(all, m)
		}
	}
	return all
}

// An ErrorGroup is what a task group returns when one of its tasks, or its body,
// failed: all errors, in the order in which they came. errors.Is and errors.As look
// into every one; the group of an inner task group is one error of the outer. It
// stands for ExceptionGroup.
type ErrorGroup struct {
	Errors []error
}

// Error returns one line.
func (e *ErrorGroup) Error() string {
	if len(e.Errors) == 1 {
		return "task group: " + e.Errors[0].Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "task group: %d errors: ", len(e.Errors))
	for i, err := range e.Errors {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(err.Error())
	}
	return b.String()
}

// Unwrap returns the errors.
func (e *ErrorGroup) Unwrap() []error { return e.Errors }
