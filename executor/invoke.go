package executor

import (
	"context"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/child"
	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
)

// Invoke is the other end of [Job.Encode]: it runs the registered function with the
// encoded argument in the calling goroutine and gives reply the encoded result or an
// error, which [EncodeRemoteError] can carry home. The result is valid until reply
// returns.
//
// It calls reply exactly once. What becomes of it when ctx ends is up to the function;
// to call Invoke again runs the function again. A name that is not registered gives
// [ErrNotRegistered], an argument that cannot be decoded a [*DecodeError], a panic a
// [*future.PanicError]; so does runtime.Goexit, and then the goroutine ends when reply
// has returned. Only executors need Invoke.
func Invoke(ctx context.Context, function string, arg []byte, reply func(result []byte, err error)) {
	f, ok := lookup(function)
	if !ok {
		reply(nil, notRegistered(function))
		return
	}
	f.invoke(ctx, arg, false, func(head, rest []byte, err error) {
		if rest != nil {
			head = append(append(make([]byte, 0, len(head)+len(rest)), head...), rest...)
		}
		reply(head, err)
	})
}

func notRegistered(function string) error { return fmt.Errorf("%w: %q", ErrNotRegistered, function) }

// A replyFunc gets the encoded result of a function, in two parts if the second is
// the value itself, which then need not be copied. Both are valid until it returns.
type replyFunc = child.Reply

func (f *Function[A, R]) invoke(ctx context.Context, arg []byte, owned bool, reply replyFunc) {
	invoke(ctx, f.name, f.fn, arg, owned, reply)
}

// invoke is Invoke with the types known. owned is as in codec.Decode.
func invoke[A, R any](ctx context.Context, name string, fn func(context.Context, A) (R, error), arg []byte, owned bool, reply replyFunc) {
	values, arg, err := codec.Carried(arg)
	var a A
	if err == nil {
		a, err = codec.Decode[A](arg, owned)
	}
	if err != nil {
		reply(nil, nil, &DecodeError{What: "argument", Function: name, Err: err})
		return
	}
	var (
		r        R
		returned bool
		hooks    []func(error)
	)
	defer func() {
		if !returned {
			err = caught(recover())
		}
		if hooks != nil {
			callEnded(hooks, err, name)
		}
		if err != nil {
			reply(nil, nil, err)
			return
		}
		replyValue(name, r, reply)
	}()
	if len(values) > 0 {
		ctx, err = restored(ctx, name, values, &hooks)
	}
	if err == nil {
		r, err = fn(ctx, a)
	}
	returned = true
}

// replyValue gives reply the encoded form of a result.
func replyValue[R any](function string, r R, reply replyFunc) {
	if kind, content, ok := codec.Plain(&r); ok && len(content) > codec.Long {
		reply([]byte{kind}, content, nil)
		return
	}
	buf := codec.Buffer()
	out, err := codec.Append((*buf)[:0], r)
	if err != nil {
		reply(nil, nil, fmt.Errorf("executor: result of %q: %w", function, &EncodeError{Type: codec.TypeName[R](), Err: err}))
	} else {
		reply(out, nil, nil)
	}
	codec.PutBuffer(buf, out)
}
