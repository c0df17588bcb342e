package executor

import (
	"bytes"
	"context"

	"github.com/sourcegraph/conc/panics"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/child"
	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
	"github.com/seed-1b9fde7b/asyncgo/internal/safelog"
)

type progressKeyType struct{}

// progressKey is the context key of a progressSink.
var progressKey any = progressKeyType{}

// A progressSink takes what work reports about its progress.
type progressSink interface {
	// value takes a report of this process; it returns false if the type is
	// not the one that is listened for.
	value(v any) bool
	// encoded takes a report of another process.
	encoded(b []byte) error
}

// WithProgress returns a context for Submit with which the work's reports of its
// progress come to fn: what the work gives to [Progress] with a value of type T.
//
// fn is called in the order of the reports, and never after the work's future is
// settled. When the worker process dies, the last reports may be lost. A later
// WithProgress for the same T hides this one.
//
// In a pool of goroutines fn is called by the goroutine that reports, which waits for
// it. For a [ProcessPool] it is called by the goroutine that settles the futures of
// that worker's calls. It must not block: as long as it runs none of them is settled,
// and the worker runs out of calls. A panic in it is logged, and the reports and
// results that follow come all the same.
func WithProgress[T any](ctx context.Context, fn func(T)) context.Context {
	return context.WithValue(ctx, progressKey, progressFunc[T](fn))
}

type progressFunc[T any] func(T)

func (fn progressFunc[T]) value(v any) bool {
	t, ok := v.(T)
	if !ok {
		return false
	}
	// The panic is not the work's, which only reports.
	if r := panics.Try(func() { fn(t) }); r != nil {
		safelog.Default().Error("executor: a progress callback panicked", KeyPanic, r.Value, KeyStack, string(r.Stack))
	}
	return true
}

func (fn progressFunc[T]) encoded(b []byte) error {
	if raw, ok := any(fn).(progressFunc[Encoded]); ok {
		raw(bytes.Clone(b))
		return nil
	}
	v, err := codec.Decode[T](b, false)
	if err != nil {
		return &DecodeError{What: "progress report", Err: err}
	}
	fn(v)
	return nil
}

// Progress reports v to the code that submitted the work and listens by [WithProgress].
// The work calls it with the context that it was given; it may come from a worker
// process. It reports false if nothing listens for a T, if v cannot be encoded, and
// after the work has returned. A worker process does not know what listens: there true
// means that v is on its way.
//
// It waits only while a worker's channel to its parent is full. It may be called by
// several goroutines at once, until the work returns, and after ctx has ended. Each
// call is another report; when the worker process dies, those that are under way are
// lost.
func Progress[T any](ctx context.Context, v T) bool {
	switch sink := ctx.Value(progressKey).(type) {
	case *child.Reporter:
		b, err := codec.Append(nil, v)
		return err == nil && sink.Progress(b)
	case progressSink:
		return sink.value(v)
	}
	return false
}
