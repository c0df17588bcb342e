package executor

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
)

// RegisterContextValue lets a value of contexts, such as a trace id or a tenant, travel
// to other processes. What get finds in the context of Submit is given to set in the
// process that runs the call, and the work has the context that set returns. get reports
// false if there is nothing to send; then set is not called.
//
// Call it in the initialization of a package-level variable, as [Register]: worker
// processes must register the same names before main begins. A value that is registered
// after [Main] was called is left out there. It returns the name. It panics, when the
// program starts, if the name is empty or taken, if a function is nil,
// or if a T would not arrive as it was.
//
// get is called by Submit, while its caller waits, for each call that is encoded, and set
// before each such call; both must be quick. What get and the encoding of the value
// make wrong (an error, a panic, runtime.Goexit) is the error of the call's future, and
// so is a panic of set. Values whose name the other side does not know are left out there.
// Each value adds to the size of the call's argument. Pools of this process pass the
// context on whole, and call neither.
//
// It stands for contextvars, which a ProcessPoolExecutor leaves behind.
func RegisterContextValue[T any](name string, get func(context.Context) (T, bool), set func(context.Context, T) context.Context) string {
	if get == nil || set == nil {
		panic(fmt.Sprintf("executor: RegisterContextValue(%q): a function is nil", name))
	}
	if err := codec.Check(reflect.TypeFor[T]()); err != nil {
		panic(fmt.Sprintf("executor: context value %q cannot be sent to another process: %v", name, err))
	}
	contextValues.add(name, contextValue{
		encode: func(ctx context.Context, _ string) ([]byte, func(error), error) {
			v, ok := get(ctx)
			if !ok {
				return nil, nil, nil
			}
			b, err := encode(nil, v)
			return b, nil, err
		},
		restore: func(ctx context.Context, _ string, b []byte) (context.Context, func(error), error) {
			v, err := codec.Decode[T](b, false)
			if err != nil {
				return nil, nil, err
			}
			return set(ctx, v), nil, nil
		},
	})
	carries.Store(true)
	return name
}

// contextValue is a registered value, or hook, with its type hidden. Both functions may
// return one that is to be told the outcome of the call, with an error as well.
type contextValue struct {
	encode  func(ctx context.Context, function string) (encoded []byte, ended func(error), err error) // nil if there is none
	restore func(ctx context.Context, function string, encoded []byte) (inner context.Context, ended func(error), err error)
}

var contextValues = registry[contextValue]{what: "context value"}

// carries reports whether any value is registered: a program without one pays nothing.
var carries atomic.Bool

// carry returns the job's argument with the registered values of its context in front of
// it. An argument that comes from elsewhere has them, if it is to have any.
func (j *Job) carry(arg []byte) ([]byte, error) {
	if codec.Carries(arg) {
		return arg, nil
	}
	values := make(map[string][]byte)
	name := ""
	var tell []func(error)
	var err error
	ended := foreign.Call(func() {
		for _, v := range contextValues.all() {
			name = v.name
			var b []byte
			var fn func(error)
			b, fn, err = v.value.encode(j.parent, j.function())
			if fn != nil {
				tell = append(tell, fn)
			}
			if err != nil {
				return
			}
			if b != nil {
				values[name] = b
			}
		}
	})
	j.onEnd(tell)
	switch {
	case ended != nil:
		return nil, fmt.Errorf("executor: context value %q: it ended with %s", name, ended)
	case err != nil:
		return nil, fmt.Errorf("executor: context value %q: %w", name, err)
	case len(values) == 0:
		return arg, nil
	default:
		return codec.Carry(values, arg)
	}
}
