package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strconv"
	"syscall"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var (
	sentinels  = registry[error]{what: "sentinel error"}
	errorTypes = registry[knownError]{what: "error type"}
)

// RegisterError gives a sentinel error a name under which it crosses the boundary
// between processes, so that errors.Is finds it in what a worker returned. Call it in
// a package-level variable or an init function, under the same name in every process;
// a name that is taken, a second time included, and a nil sentinel panic. After Main
// was called it is too late: errors.Is does not find what a worker returned. It
// returns sentinel.
//
// The sentinels of context, io, io/fs, os, errors and strconv are registered, and so
// are those of this package and of package future.
func RegisterError(name string, sentinel error) error {
	if sentinel == nil {
		panic(fmt.Sprintf("executor: RegisterError(%q): the sentinel is nil", name))
	}
	sentinels.add(name, sentinel)
	return sentinel
}

// RegisterErrorType makes values of the error type E cross the boundary between
// processes, so that errors.As finds them. E is often a pointer to a struct; its
// exported fields travel. A type that cannot be encoded and a name that is taken, a
// second time included, panic. After Main was called it is too late: errors.As does
// not find what a worker returned. [syscall.Errno] is registered.
func RegisterErrorType[E error](name string) {
	t := reflect.TypeFor[E]()
	if t.Kind() == reflect.Interface {
		panic(fmt.Sprintf("executor: RegisterErrorType(%q): %v is an interface: name a concrete type", name, t))
	}
	if err := codec.Check(t); err != nil {
		panic(fmt.Sprintf("executor: RegisterErrorType(%q): %v", name, err))
	}
	errorTypes.add(name, knownError{
		typ:    t,
		encode: func(err error) ([]byte, error) { return codec.Append(nil, err.(E)) }, //nolint:errorlint // typ was compared
		decode: func(b []byte) error {
			v, err := codec.Decode[E](b, false)
			if err != nil || reflect.ValueOf(&v).Elem().IsZero() && t.Kind() == reflect.Pointer {
				return nil
			}
			return v
		},
	})
}

// knownError is a registered error type.
type knownError struct {
	typ    reflect.Type
	encode func(error) ([]byte, error)
	decode func([]byte) error // nil if the bytes are no good
}

// knownType returns the registered name of err's type and its encoded value.
func knownType(err error) (name string, data []byte) {
	t := reflect.TypeOf(err)
	for _, k := range errorTypes.all() {
		if k.value.typ != t {
			continue
		}
		if b, e := k.value.encode(err); e == nil && len(b) <= maxErrorData {
			name, data = k.name, b
		}
	}
	return name, data
}

func init() {
	for name, err := range map[string]error{
		"context.Canceled":          context.Canceled,
		"context.DeadlineExceeded":  context.DeadlineExceeded,
		"io.EOF":                    io.EOF,
		"io.ErrUnexpectedEOF":       io.ErrUnexpectedEOF,
		"io.ErrClosedPipe":          io.ErrClosedPipe,
		"io.ErrShortBuffer":         io.ErrShortBuffer,
		"io.ErrShortWrite":          io.ErrShortWrite,
		"io.ErrNoProgress":          io.ErrNoProgress,
		"fs.ErrInvalid":             fs.ErrInvalid,
		"fs.ErrPermission":          fs.ErrPermission,
		"fs.ErrExist":               fs.ErrExist,
		"fs.ErrNotExist":            fs.ErrNotExist,
		"fs.ErrClosed":              fs.ErrClosed,
		"os.ErrDeadlineExceeded":    os.ErrDeadlineExceeded,
		"os.ErrProcessDone":         os.ErrProcessDone,
		"errors.ErrUnsupported":     errors.ErrUnsupported,
		"strconv.ErrRange":          strconv.ErrRange,
		"strconv.ErrSyntax":         strconv.ErrSyntax,
		"future.ErrInvalidState":    future.ErrInvalidState,
		"future.ErrForeignLoop":     future.ErrForeignLoop,
		"future.ErrWouldBlock":      future.ErrWouldBlock,
		"future.ErrTimeout":         future.ErrTimeout,
		"future.ErrClosed":          future.ErrClosed,
		"executor.ErrShutdown":      ErrShutdown,
		"executor.ErrBroken":        ErrBroken,
		"executor.ErrQueueFull":     ErrQueueFull,
		"executor.ErrNotRegistered": ErrNotRegistered,
		"executor.ErrClosure":       ErrClosure,
		"executor.ErrNoCall":        ErrNoCall,
		"executor.ErrInsideItself":  ErrInsideItself,
	} {
		_ = RegisterError(name, err)
	}
	// An Errno is a uintptr, which the encoding does not have.
	errorTypes.add("syscall.Errno", knownError{
		typ:    reflect.TypeFor[syscall.Errno](),
		encode: func(err error) ([]byte, error) { return codec.Append(nil, uint64(err.(syscall.Errno))) }, //nolint:errorlint // typ was compared
		decode: func(b []byte) error {
			n, err := codec.Decode[uint64](b, false)
			if err != nil || n == 0 {
				return nil
			}
			return syscall.Errno(n)
		},
	})
}
