package executor

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
	"github.com/seed-1b9fde7b/asyncgo/internal/safelog"
)

// A CallHook surrounds calls to other processes, on both sides, as the spans of a trace
// do. What Submit returns in the one process comes to Run in the other.
type CallHook[T any] struct {
	// Submit is called before a call is encoded, with the context of the submission
	// and the name of the registered function. If ok is false the call is left alone.
	// ended, which may be nil, is called once, when the job has ended and before its
	// future is settled, with the error of the outcome; also if the executor has
	// refused the call.
	Submit func(ctx context.Context, function string) (value T, ended func(err error), ok bool)

	// Run is called before the function, in the process that runs it. The function
	// has the context that it returns. ended, which may be nil, is called with the
	// function's error, a panic included, before the outcome goes home.
	Run func(ctx context.Context, function string, value T) (inner context.Context, ended func(err error))
}

// RegisterCallHook makes a hook surround each call that is encoded for another process,
// a chunk of [Map] being one. It is made for packages that measure and trace, such as
// executor/otelexec; to send a value along, [RegisterContextValue] is enough, and its
// rules hold: to be called in the initialization of a package-level variable; a name
// that is empty or taken, a function that is nil and a T that would not arrive as it was
// panic; a hook that is registered after [Main] does not run in workers. It returns the
// name, which may be that of no context value either.
//
// The functions are called while the caller of Submit, the results of a worker, or the
// worker waits, so they must be quick, and by several goroutines at the same time. No
// lock of the pool is held. A panic or runtime.Goexit of Submit, and of Run, is the error
// of the call; one of ended is logged. Canceling changes none of it: ended comes when the
// call is over, which may be after its future was canceled. Calls in pools of this
// process are not surrounded.
//
// Python has nothing of the kind: one wraps the function.
func RegisterCallHook[T any](name string, hook CallHook[T]) string {
	if hook.Submit == nil || hook.Run == nil {
		panic(fmt.Sprintf("executor: RegisterCallHook(%q): a function is nil", name))
	}
	if err := codec.Check(reflect.TypeFor[T]()); err != nil {
		panic(fmt.Sprintf("executor: the value of call hook %q cannot be sent to another process: %v", name, err))
	}
	contextValues.add(name, contextValue{
		encode: func(ctx context.Context, function string) ([]byte, func(error), error) {
			v, ended, ok := hook.Submit(ctx, function)
			if !ok {
				return nil, nil, nil
			}
			b, err := encode(nil, v)
			return b, ended, err
		},
		restore: func(ctx context.Context, function string, b []byte) (context.Context, func(error), error) {
			v, err := codec.Decode[T](b, false)
			if err != nil {
				return nil, nil, err
			}
			inner, ended := hook.Run(ctx, function, v)
			return inner, ended, nil
		},
	})
	carries.Store(true)
	return name
}

// onEnd arranges for what hooks have begun to be told the outcome of the job.
func (j *Job) onEnd(ended []func(error)) {
	if len(ended) == 0 {
		return
	}
	j.mu.Lock()
	l := j.lateLocked()
	l.ended = append(l.ended, ended...)
	over := j.ended()
	j.mu.Unlock()
	if over { // it was called off while it was encoded, and nothing else may come
		j.tellEnd(future.Canceled(nil))
	}
}

// tellEnd tells hooks the outcome, once. It runs foreign code.
func (j *Job) tellEnd(err error) {
	l := j.late.Load()
	if l == nil {
		return
	}
	j.mu.Lock()
	ended := l.ended
	l.ended = nil
	j.mu.Unlock()
	callEnded(ended, err, j.Name())
}

// callEnded calls what hooks have returned, the last one first.
func callEnded(ended []func(error), err error, function string) {
	for _, fn := range slices.Backward(ended) {
		if gone := foreign.Call(func() { fn(err) }); gone != nil {
			safelog.Default().Error("executor: the end of a call hook did not return: "+gone.String(), KeyFunction, function, KeyStack, string(gone.Stack))
		}
	}
}
