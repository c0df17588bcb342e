package executor

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
)

// A Function is a function with a name under which every process of the program
// knows it, so that a call of it can travel. It is made by [Register] and the
// functions like it.
type Function[A, R any] struct {
	name string
	fn   func(context.Context, A) (R, error)
}

// A Thunk is a [Function] without an argument.
type Thunk[R any] struct{ f Function[None, R] }

// Register gives fn a name under which other processes can call it. Call it in the
// initialization of a package-level variable: worker processes run the same program
// and must register the same names before main begins. A function that is registered
// after [Main] was called is not known there: its calls fail with [ErrNotRegistered].
//
// It panics, when the program starts, if fn is nil, if the name is empty, taken or
// ends in "[]", or if something in A or R cannot be encoded or would not arrive as it
// was. The message names it by its path, and what to do:
//
//   - a channel, a func, an address or a complex number;
//   - an interface with methods, for the other side could not tell the concrete type
//     (what a value of type any holds keeps its type; see [RegisterType]);
//   - an unexported field of a struct, wherever the struct is. Export it, tag it
//     `cbor:"-"` if it need not travel, or give the struct MarshalBinary and
//     UnmarshalBinary;
//   - fields that hide each other, because both have one name on the way;
//   - a pointer in the key of a map, which would arrive as another one.
func Register[A, R any](name string, fn func(context.Context, A) (R, error)) *Function[A, R] {
	if fn == nil {
		panic(fmt.Sprintf("executor: Register(%q): the function is nil", name))
	}
	mustTravel[A](name, "argument")
	mustTravel[R](name, "result")
	f := &Function[A, R]{name: name, fn: fn}
	functions.add(name, f)
	return f
}

// RegisterNoArg is [Register] for a function without an argument. A name that is
// registered twice panics. A function that is registered after Main was called is not
// known in worker processes: its calls fail with [ErrNotRegistered].
func RegisterNoArg[R any](name string, fn func(context.Context) (R, error)) *Thunk[R] {
	if fn == nil {
		panic(fmt.Sprintf("executor: RegisterNoArg(%q): the function is nil", name))
	}
	return &Thunk[R]{*Register(name, func(ctx context.Context, _ None) (R, error) { return fn(ctx) })}
}

// RegisterNoResult is [Register] for a function without a result. A name that is
// registered twice panics. A function that is registered after Main was called is not
// known in worker processes: its calls fail with [ErrNotRegistered].
func RegisterNoResult[A any](name string, fn func(context.Context, A) error) *Function[A, None] {
	if fn == nil {
		panic(fmt.Sprintf("executor: RegisterNoResult(%q): the function is nil", name))
	}
	return Register(name, func(ctx context.Context, arg A) (None, error) { return None{}, fn(ctx, arg) })
}

// RegisterAction is [Register] for a function without argument and result. A name that
// is registered twice panics. A function that is registered after Main was called is
// not known in worker processes: its calls fail with [ErrNotRegistered].
func RegisterAction(name string, fn func(context.Context) error) *Thunk[None] {
	if fn == nil {
		panic(fmt.Sprintf("executor: RegisterAction(%q): the function is nil", name))
	}
	return RegisterNoArg(name, func(ctx context.Context) (None, error) { return None{}, fn(ctx) })
}

// RegisterType gives the type T a name, under which a value of type T keeps its type
// where an argument or a result holds it in a variable of type any: in a field, a
// slice, a map, or by itself. Call it in an init function, so that every process of
// the program does. An interface, a type that cannot travel, and a name or a type that
// is registered already panic.
//
// The numbers, bool, string, time.Time, time.Duration, []byte, []any and
// map[string]any, and slices and maps of strings and of the usual numbers, need no
// registration. Another type that is not registered is an [*EncodeError] of the call,
// for it would come back as something else. T and *T are two types. A type that is
// registered after Main was called is unknown in worker processes: a call that has to
// carry it fails with an [*EncodeError] or a [*DecodeError].
func RegisterType[T any](name string) {
	if name == "" {
		panic(fmt.Sprintf("executor: RegisterType[%s]: the name is empty", codec.TypeName[T]()))
	}
	if err := codec.RegisterType[T](name); err != nil {
		panic(fmt.Sprintf("executor: RegisterType[%s](%q): %v", codec.TypeName[T](), name, err))
	}
}

// Name returns the name of the registration.
func (f *Function[A, R]) Name() string { return f.name }

// Bind makes a call of f with arg. The argument is encoded when the call is
// submitted to another process; a pool of this one passes it as it is. Shared memory
// in the encoded argument is held until the call has ended, so its handles may be
// closed as soon as Submit has returned.
func (f *Function[A, R]) Bind(arg A) Call[R] {
	return Call[R]{work: &boundCall[A, R]{f, arg}}
}

// Call calls f in this goroutine, without an executor: a panic is the caller's.
func (f *Function[A, R]) Call(ctx context.Context, arg A) (R, error) { return f.fn(ctx, arg) }

// Name returns the name of the registration.
func (t *Thunk[R]) Name() string { return t.f.name }

// Bind makes a call of t.
func (t *Thunk[R]) Bind() Call[R] { return Call[R]{work: t} }

// Call calls t in this goroutine.
func (t *Thunk[R]) Call(ctx context.Context) (R, error) { return t.f.fn(ctx, None{}) }

func (t *Thunk[R]) run(ctx context.Context) (R, error) { return t.f.fn(ctx, None{}) }
func (t *Thunk[R]) function() string                   { return t.f.name }
func (t *Thunk[R]) encode(to []byte) ([]byte, error)   { return encode(to, None{}) }

type boundCall[A, R any] struct {
	f   *Function[A, R]
	arg A
}

func (b *boundCall[A, R]) run(ctx context.Context) (R, error) { return b.f.fn(ctx, b.arg) }
func (b *boundCall[A, R]) function() string                   { return b.f.name }
func (b *boundCall[A, R]) encode(to []byte) ([]byte, error) {
	return encode(to, b.arg)
}

// encode appends the encoded form of an argument.
func encode[A any](to []byte, arg A) ([]byte, error) {
	b, err := codec.AppendLong(to, arg)
	if err != nil {
		return nil, &EncodeError{Type: codec.TypeName[A](), Err: err}
	}
	return b, nil
}

// mustTravel panics if values of type T cannot travel to another process. what
// is "argument" or "result".
func mustTravel[T any](function, what string) {
	if err := codec.Check(reflect.TypeFor[T]()); err != nil {
		panic(fmt.Sprintf("executor: function %q: the %s cannot be sent to another process: %v", function, what, err))
	}
}

// registered is a Function whose types are hidden: what a worker sees of it.
type registered interface {
	invoke(ctx context.Context, arg []byte, owned bool, reply replyFunc)
	chunked() registered // the function of a slice of arguments
}

// registry maps names to things. It is written while the program starts.
type registry[T any] struct {
	what string
	mu   sync.RWMutex
	m    map[string]T // guarded by mu
	list []named[T]   // the same by name; guarded by mu, what it points to does not change
}

type named[T any] struct {
	name  string
	value T
}

var functions = registry[registered]{what: "function"}

func (r *registry[T]) add(name string, v T) {
	if name == "" {
		panic("executor: a " + r.what + " needs a name to be registered under")
	}
	if strings.HasSuffix(name, chunkSuffix) {
		panic(fmt.Sprintf("executor: a %s cannot be registered as %q: names that end in %q stand for chunks of Map", r.what, name, chunkSuffix))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.m[name]; taken {
		panic(fmt.Sprintf("executor: a %s is registered already as %q: choose another name, the import path in front of it makes it unique", r.what, name))
	}
	if r.m == nil {
		r.m = make(map[string]T)
	}
	r.m[name] = v
	r.list = append(slices.Clone(r.list), named[T]{name, v})
	slices.SortFunc(r.list, func(a, b named[T]) int { return strings.Compare(a.name, b.name) })
}

// all returns the entries in the order of their names.
func (r *registry[T]) all() []named[T] {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.list
}

func (r *registry[T]) get(name string) (T, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	v, ok := r.m[name]
	return v, ok
}
