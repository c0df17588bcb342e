package executor

import (
	"context"
	"strings"
)

// chunkSuffix, after the name of a registered function, is the name of the
// function that takes a slice of its arguments. It is not registered itself:
// the registry finds it by the name of the other.
const chunkSuffix = "[]"

// lookup returns the registered function of that name, or a function of chunks.
func lookup(name string) (registered, bool) {
	if f, ok := functions.get(name); ok {
		return f, true
	}
	if base, ok := strings.CutSuffix(name, chunkSuffix); ok {
		if f, ok := functions.get(base); ok {
			return f.chunked(), true
		}
	}
	return nil, false
}

func (f *Function[A, R]) chunked() registered { return &chunkFunction[A, R]{f} }

// chunkFunction calls a function for one argument after the other. The first error
// is the outcome of the whole chunk.
type chunkFunction[A, R any] struct{ f *Function[A, R] }

func (c *chunkFunction[A, R]) call(ctx context.Context, args []A) ([]R, error) {
	results := make([]R, len(args))
	for i, a := range args {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var err error
		if results[i], err = c.f.fn(ctx, a); err != nil {
			return nil, err
		}
	}
	return results, nil
}

func (c *chunkFunction[A, R]) invoke(ctx context.Context, arg []byte, owned bool, reply replyFunc) {
	invoke(ctx, c.f.name+chunkSuffix, c.call, arg, owned, reply)
}

func (c *chunkFunction[A, R]) chunked() registered { return nil }

// boundChunk is a chunkFunction with its arguments.
type boundChunk[A, R any] struct {
	c    chunkFunction[A, R]
	args []A
}

func (b *boundChunk[A, R]) run(ctx context.Context) ([]R, error) { return b.c.call(ctx, b.args) }
func (b *boundChunk[A, R]) function() string                     { return b.c.f.name + chunkSuffix }
func (b *boundChunk[A, R]) encode(to []byte) ([]byte, error)     { return encode(to, b.args) }

func (b *boundChunk[A, R]) collect(int) collected[[]R] { return nil }

func (b *boundChunk[A, R]) add(work binding[R]) bool {
	one, ok := work.(*boundCall[A, R])
	if !ok || one.f != b.c.f {
		return false
	}
	b.args = append(b.args, one.arg)
	return true
}

func (b *boundChunk[A, R]) joined() any { return b }

func (b *boundChunk[A, R]) split() []binding[R] {
	works := make([]binding[R], len(b.args))
	for i, arg := range b.args {
		works[i] = &boundCall[A, R]{b.c.f, arg}
	}
	return works
}

// collected is a number of calls of one registered function. It holds their arguments
// only: a slice of calls would be five times as long as one of numbers.
type collected[R any] interface {
	add(work binding[R]) bool // false if it is another function's
	joined() any              // a binding[[]R]; as a type that would have no end
	split() []binding[R]
}

// collect implements binding.
func (b *boundCall[A, R]) collect(room int) collected[R] {
	return &boundChunk[A, R]{chunkFunction[A, R]{b.f}, append(make([]A, 0, room), b.arg)}
}

// collect implements binding: a chunk of calls without an argument is rare enough to
// go without.
func (t *Thunk[R]) collect(int) collected[R] { return nil }

// A chunk is calls that will travel as one. Its zero value has none.
type chunk[R any] struct {
	n     int
	first Call[R]      // its name and its priority are those of all
	same  collected[R] // all of them, if they are of one registered function
	works []binding[R] // otherwise
}

// chunkRoom is for how many arguments there is room from the beginning, at most: a
// chunk may be as long as the input.
const chunkRoom = 1024

// add adds a call to a chunk of so many.
func (c *chunk[R]) add(call Call[R], size int) {
	c.n++
	if c.n == 1 {
		c.first = call
		if size == 1 {
			return
		}
		if call.work != nil {
			c.same = call.work.collect(min(size, chunkRoom))
		}
	}
	if c.same != nil {
		if c.n == 1 || c.same.add(call.work) {
			return
		}
		c.works, c.same = c.same.split(), nil
	}
	c.works = append(c.works, call.work)
}

// take returns the first call, and all of them as one, and forgets them. Calls of one
// registered function stay one that can travel.
func (c *chunk[R]) take() (first Call[R], all Call[[]R]) {
	n, first, same, works := c.n, c.first, c.same, c.works
	*c = chunk[R]{}
	switch {
	case n == 1:
		return first, all
	case same != nil:
		return first, Call[[]R]{name: first.name, priority: first.priority, work: same.joined().(binding[[]R])}
	}
	return first, Func(func(ctx context.Context) ([]R, error) {
		results := make([]R, len(works))
		for i, work := range works {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if work == nil {
				return nil, ErrNoCall
			}
			var err error
			if results[i], err = work.run(ctx); err != nil {
				return nil, err
			}
		}
		return results, nil
	}).Named(first.Name()).WithPriority(first.priority)
}
