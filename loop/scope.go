package loop

import (
	"context"
	"errors"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A scope is a part of a task's body that can be stopped while the task goes on:
// the inside of a timeout or of a task group. Stopping it is a request, counted
// among the task's like a Cancel, and the scope takes its own request back when the
// body has left. The scope's context is done from then on, and what is derived from
// it; those around it are not.
//
// All of it is for code on the task's loop.
type scope struct {
	ctx   scopeContext
	outer *scope // the one that is around it in the task, nil if there is none
	depth int    // how many scopes are around it, and itself
	left  bool   // the body has returned
	entry int    // the task's requests when the body was entered
	asked bool   // a request of the scope's own is among them
	why   error  // the cause of the context, once it was stopped
	told  error  // the reason of which the body's waits tell, once it was stopped

	resumed *resumption // of the contexts that Resume returned in the body
}

// enter makes the calling task the one that is inside the scope.
func (s *scope) enter(ctx context.Context) error {
	t, ok := whose.Current(ctx).(*task)
	if !ok {
		return ErrNoTask
	}
	s.ctx.t, s.ctx.s, s.ctx.parent, s.ctx.level = t, s, ctx, t.Level(ctx)
	s.entry = int(t.requests.Load())
	s.outer, s.depth = t.scope, 1
	if s.outer != nil {
		s.depth = s.outer.depth + 1
	}
	t.scope = s
	return nil
}

// stop ends the body: its context with the cause why, its waits with a cancellation
// for the reason told. The two differ because a body must not take what a wait
// returns for anything but a cancellation: why may be a timeout.
func (s *scope) stop(why, told error) {
	s.asked, s.why, s.told = true, why, told
	s.ctx.end(why)
	s.ctx.t.endResumed(s, why, told)
	s.ctx.t.interrupt(told, s.depth)
}

// caused reports whether err comes from the cause that stop gave to the context: a
// library that saw the context's end may return it. It is compared by identity,
// so each call of stop needs a cause of its own.
func (s *scope) caused(err error) bool { return s.asked && errors.Is(err, s.why) }

// settle takes back the scope's own request, if it made one. It reports whether
// no other request came since the body was entered.
func (s *scope) settle() (alone bool) {
	if !s.asked {
		return int(s.ctx.t.requests.Load()) <= s.entry
	}
	s.asked = false
	return s.ctx.t.uncancel() <= s.entry
}

// errScopeLeft is the cause of a scope's context once the body has returned.
var errScopeLeft = errors.New("loop: the body of the scope has returned")

// leave ends the scope's contexts for good. The standard library's contexts and
// errgroup's do the same, and by it a task that enters scopes all day leaves
// nothing behind in its own context.
func (s *scope) leave() {
	s.left = true
	s.ctx.end(errScopeLeft)
	s.resumed.endAs(&s.resumed, errScopeLeft, errScopeLeft)
	if t := s.ctx.t; t.scope == s {
		t.scope = s.outer
	}
}
