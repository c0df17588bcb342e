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
func (b *boundChunk[A, R]) join([]binding[[]R]) any              { return nil }

// joinCalls makes one call of several. Calls of one registered function stay one
// that can travel.
func joinCalls[R any](calls []Call[R]) Call[[]R] {
	works := make([]binding[R], 0, len(calls))
	for _, c := range calls {
		works = append(works, c.work)
	}
	if joined, ok := calls[0].work.join(works).(binding[[]R]); ok {
		return Call[[]R]{name: calls[0].name, priority: calls[0].priority, work: joined}
	}
	calls = append([]Call[R](nil), calls...)
	return Func(func(ctx context.Context) ([]R, error) {
		results := make([]R, len(calls))
		for i := range calls {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			var err error
			if results[i], err = calls[i].work.run(ctx); err != nil {
				return nil, err
			}
		}
		return results, nil
	}).Named(calls[0].Name()).WithPriority(calls[0].priority)
}

// join implements binding.
func (b *boundCall[A, R]) join(all []binding[R]) any {
	args := make([]A, len(all))
	for i, other := range all {
		o, ok := other.(*boundCall[A, R])
		if !ok || o.f != b.f {
			return nil
		}
		args[i] = o.arg
	}
	return &boundChunk[A, R]{chunkFunction[A, R]{b.f}, args}
}

// join implements binding: a chunk of calls without an argument is rare enough to
// go without.
func (t *Thunk[R]) join([]binding[R]) any { return nil }
