package executor

import (
	"context"
	"fmt"
	"reflect"
)

// None is the argument or the result of functions that have none.
type None = struct{}

// A Call is a piece of work with a result of type R that is not submitted yet: a
// closure made by [Func] or [Action], or a registered function with its argument
// made by Bind. A Call may be submitted any number of times.
type Call[R any] struct {
	name     string
	priority int
	content[R]
}

// content is what a Call does: one of its fields is set.
type content[R any] struct {
	fn    func(context.Context) (R, error) // for a closure
	bound binding[R]                       // for a registered function
}

// binding is a registered function with its argument, whose type it hides.
type binding[R any] interface {
	run(ctx context.Context) (R, error)
	function() string
	encode(to []byte) ([]byte, error)
	join(all []binding[R]) any // a binding[[]R] for several of the same function; nil if they are not
}

// Func makes a call of a closure. Executors of this process run it; a process
// pool refuses it with [ErrClosure], for a closure cannot leave the process.
func Func[R any](fn func(context.Context) (R, error)) Call[R] {
	return Call[R]{content: content[R]{fn: fn}}
}

// Action is [Func] for a closure without a result.
func Action(fn func(context.Context) error) Call[None] {
	return Func(func(ctx context.Context) (None, error) { return None{}, fn(ctx) })
}

// Named returns the call under a name of its own, for statistics, labels and
// error messages. Without it a registered function has the name of its
// registration and a closure the one that the compiler gave it.
func (c Call[R]) Named(name string) Call[R] {
	c.name = name
	return c
}

// WithPriority returns the call with a priority: among the calls that wait for a
// worker of a pool, those with a higher one begin first. The default is 0;
// calls of one priority begin in the order of their submission. What a process
// pool has sent ahead to a worker (see [ProcessConfig.Prefetch]) waits no more,
// unless it is taken back from there.
func (c Call[R]) WithPriority(priority int) Call[R] {
	c.priority = priority
	return c
}

// Name returns the call's name; see [Call.Named].
func (c Call[R]) Name() string {
	switch {
	case c.name != "":
		return c.name
	case c.bound != nil:
		return c.bound.function()
	case c.fn != nil:
		return pcName(funcPC(c.fn))
	default:
		return ""
	}
}

// IsZero reports whether c is the zero Call, which cannot be submitted.
func (c Call[R]) IsZero() bool { return c.fn == nil && c.bound == nil }

// run calls the work in this goroutine.
func (c *content[R]) run(ctx context.Context) (R, error) {
	if c.bound != nil {
		return c.bound.run(ctx)
	}
	return c.fn(ctx)
}

// encode returns the function's name and the argument encoded into the room of
// to, if there is enough. name is the call's, for errors.
func (c *content[R]) encode(name string, to []byte) (function string, arg []byte, err error) {
	if c.bound == nil {
		return "", nil, fmt.Errorf("%w: %s: give it a name with executor.Register at package level and submit what Bind returns", ErrClosure, name)
	}
	arg, err = c.bound.encode(to)
	if err != nil {
		return "", nil, fmt.Errorf("executor: argument of %q: %w", c.bound.function(), err)
	}
	return c.bound.function(), arg, nil
}

func funcPC(fn any) uintptr { return reflect.ValueOf(fn).Pointer() }
