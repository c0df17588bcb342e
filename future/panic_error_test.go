package future_test

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// ended returns the PanicError of fn.
func ended(fn func()) (e *future.PanicError) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			r := recover()
			e = &future.PanicError{Value: r, Goexit: r == nil, Stack: debug.Stack()}
		}()
		fn()
	}()
	<-done
	return e
}

func TestAPanicErrorSaysWhere(t *testing.T) {
	var line int
	e := ended(func() {
		a := make([]int, 0)
		n := len(a) + 2
		_, _, line, _ = runtime.Caller(0)
		_ = a[n]
	})
	at := fmt.Sprintf(" at panic_error_test.go:%d", line+1)
	require.EqualError(t, e, "panic: index out of range [2] with length 0"+at)
	e.Function, e.Worker = "map", "worker process 123"
	require.EqualError(t, e, `panic in "map" (worker process 123): index out of range [2] with length 0`+at)
	require.Equal(t, e.Error(), fmt.Sprintf("%v", e))
	require.Equal(t, fmt.Sprintf("%q", e.Error()), fmt.Sprintf("%q", e))
	more := fmt.Sprintf("%+v", e)
	require.True(t, strings.HasPrefix(more, e.Error()+"\n\ngoroutine "))
	require.Contains(t, more, "future_test.TestAPanicErrorSaysWhere.func1")
	require.Contains(t, fmt.Sprintf("%#v", e), `Function:"map"`)
	require.Equal(t, "<nil>", fmt.Sprintf("%+v", (*future.PanicError)(nil)))
	require.Contains(t, fmt.Sprintf("%+v", fmt.Errorf("outer: %w", e)), "outer: panic in")

	e = ended(func() {
		_, _, line, _ = runtime.Caller(0)
		_ = strings.Repeat("x", -len(t.Name())) // it panics in the standard library
	})
	require.ErrorContains(t, e, fmt.Sprintf(" at panic_error_test.go:%d", line+1))
	e = ended(func() {
		_, _, line, _ = runtime.Caller(0)
		runtime.Goexit()
	})
	at = fmt.Sprintf(" at panic_error_test.go:%d", line+1)
	require.EqualError(t, e, "runtime.Goexit"+at)
	e.Function = "f"
	require.EqualError(t, e, `runtime.Goexit in "f"`+at)
	e = ended(func() { panic(fmt.Errorf("outer: %w", errors.ErrUnsupported)) })
	require.ErrorIs(t, e, errors.ErrUnsupported)
	require.ErrorContains(t, e, "panic: outer: unsupported operation at ")

	require.EqualError(t, &future.PanicError{Value: "boom"}, "panic: boom", "without a stack")
	require.EqualError(t, &future.PanicError{Value: "boom", Stack: []byte("garbage")}, "panic: boom")
}
