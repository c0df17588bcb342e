package executor

import (
	"context"
	"fmt"
	"sync"
)

// Invoke is the other end of [Job.Encode]: it runs the registered function with
// the encoded argument in the calling goroutine and gives reply the encoded
// result or an error, which [EncodeRemoteError] can carry home. The
// result is valid until reply returns.
//
// It calls reply exactly once. A name that is not registered gives
// [ErrNotRegistered], an argument that cannot be decoded a [*DecodeError], a panic
// a [*future.PanicError]; so does runtime.Goexit, and then the goroutine ends
// when reply has returned. Only executors need Invoke.
func Invoke(ctx context.Context, function string, arg []byte, reply func(result []byte, err error)) {
	f, ok := lookup(function)
	if !ok {
		reply(nil, notRegistered(function))
		return
	}
	f.invoke(ctx, arg, reply)
}

func notRegistered(function string) error { return fmt.Errorf("%w: %q", ErrNotRegistered, function) }

// results keeps buffers for encoded results. Large ones are left to the
// collector, lest one large result stays for ever.
var results = sync.Pool{New: func() any { return new([]byte) }}

const keepResult = 64 << 10

func (f *Function[A, R]) invoke(ctx context.Context, arg []byte, reply func(result []byte, err error)) {
	invoke(ctx, f.name, f.fn, arg, reply)
}

// invoke is Invoke with the types known.
func invoke[A, R any](ctx context.Context, name string, fn func(context.Context, A) (R, error), arg []byte, reply func(result []byte, err error)) {
	a, err := decodeValue[A](arg)
	if err != nil {
		reply(nil, &DecodeError{What: "argument", Function: name, Err: err})
		return
	}
	var (
		r        R
		returned bool
	)
	defer func() {
		if !returned {
			err = caught(recover())
		}
		if err != nil {
			reply(nil, err)
			return
		}
		buf := results.Get().(*[]byte)
		out, err := appendValue((*buf)[:0], r)
		if err != nil {
			reply(nil, fmt.Errorf("executor: result of %q: %w", name, err))
		} else {
			reply(out, nil)
		}
		if cap(out) <= keepResult {
			*buf = out
			results.Put(buf)
		}
	}()
	r, err = fn(ctx, a)
	returned = true
}
