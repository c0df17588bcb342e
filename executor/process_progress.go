package executor

import (
	"context"
	"log/slog"

	"github.com/sourcegraph/conc/panics"
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
// settled. For a [ProcessPool] it is called by the goroutine that settles the
// future, else by the one that reports; it must not block. A panic in it is logged.
// A later WithProgress hides this one.
func WithProgress[T any](ctx context.Context, fn func(T)) context.Context {
	return context.WithValue(ctx, progressKey, progressFunc[T](fn))
}

type progressFunc[T any] func(T)

// call keeps a panic from the work, and from the goroutine that settles futures.
func (fn progressFunc[T]) call(v T) {
	if r := panics.Try(func() { fn(v) }); r != nil {
		slog.Error("executor: a function given to WithProgress panicked", "panic", r.Value, "stack", string(r.Stack))
	}
}

func (fn progressFunc[T]) value(v any) bool {
	t, ok := v.(T)
	if ok {
		fn.call(t)
	}
	return ok
}

func (fn progressFunc[T]) encoded(b []byte) error {
	v, err := decodeValue[T](b, false)
	if err != nil {
		return &DecodeError{What: "progress report", Err: err}
	}
	fn.call(v)
	return nil
}

// Progress reports v to whoever submitted the work and listens by [WithProgress].
// The work calls it with the context that it was given; it may come from a worker
// process. It reports false if nobody listens for a T, if v cannot be encoded, and
// after the work has returned. A worker process does not know who listens: there
// true means that v is on its way.
//
// It waits only while a worker's channel to its parent is full. It may be called by
// several goroutines at once, until the work returns, and after ctx has ended.
func Progress[T any](ctx context.Context, v T) bool {
	switch sink := ctx.Value(progressKey).(type) {
	case *workerReporter:
		b, err := appendValue(nil, v)
		return err == nil && sink.progress(b)
	case progressSink:
		return sink.value(v)
	}
	return false
}
