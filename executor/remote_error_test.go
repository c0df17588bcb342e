package executor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// travel sends err to another process and back to this one.
func travel(err error) error { return executor.DecodeRemoteError(executor.EncodeRemoteError(err)) }

var errSentinel = executor.RegisterError("test.errSentinel", errors.New("sentinel"))

type detailed struct {
	Code  int
	Where []string
}

func (d *detailed) Error() string { return fmt.Sprintf("code %d in %v", d.Code, d.Where) }

type byValue struct{ N int }

func (b byValue) Error() string { return "n " + strconv.Itoa(b.N) }

func init() {
	executor.RegisterErrorType[*detailed]("test.detailed")
	executor.RegisterErrorType[byValue]("test.byValue")
}

func TestAnErrorKeepsItsMessageTypeAndChain(t *testing.T) {
	inner := &detailed{7, []string{"a", "b"}}
	err := travel(fmt.Errorf("outer: %w", errors.Join(fmt.Errorf("middle: %w", errSentinel), inner, byValue{3})))
	require.EqualError(t, err, "outer: middle: sentinel\ncode 7 in [a b]\nn 3")
	require.ErrorIs(t, err, errSentinel)
	require.NotErrorIs(t, err, io.EOF)
	var d *detailed
	require.ErrorAs(t, err, &d)
	require.Equal(t, inner, d)
	var v byValue
	require.ErrorAs(t, err, &v)
	require.Equal(t, 3, v.N)
	var re *executor.RemoteError
	require.ErrorAs(t, err, &re)
	require.Equal(t, "*fmt.wrapError", re.Type)
	require.Equal(t, os.Getpid(), re.PID)
	require.Empty(t, re.Stack)
	twice := travel(err)
	require.EqualError(t, twice, err.Error())
	require.ErrorIs(t, twice, errSentinel)
	require.ErrorAs(t, twice, &re)
	require.Equal(t, "*fmt.wrapError", re.Type, "through two processes")
}

func TestTheStandardLibrarysSentinelsAreKnown(t *testing.T) {
	_, notExist := os.Open("/no/such/file")
	_, syntax := strconv.Atoi("x")
	for _, c := range []struct{ err, is error }{
		{io.EOF, io.EOF},
		{fmt.Errorf("x: %w", io.ErrUnexpectedEOF), io.ErrUnexpectedEOF},
		{notExist, fs.ErrNotExist},
		{notExist, syscall.ENOENT},
		{syscall.EACCES, fs.ErrPermission},
		{syntax, strconv.ErrSyntax},
		{context.Canceled, context.Canceled},
		{future.Canceled(errTest), context.Canceled},
		{context.DeadlineExceeded, context.DeadlineExceeded},
		{&executor.BrokenPoolError{Pool: "p", Err: errTest}, executor.ErrBroken},
		{fmt.Errorf("%w", errors.ErrUnsupported), errors.ErrUnsupported},
	} {
		require.ErrorIs(t, travel(c.err), c.is)
		require.EqualError(t, travel(c.err), c.err.Error())
	}
	require.True(t, future.IsCanceled(travel(future.Canceled(nil))))
}

func TestAPanicStaysAPanicWithItsStack(t *testing.T) {
	stack := debug.Stack()
	err := travel(fmt.Errorf("in a goroutine: %w", &future.PanicError{Value: errSentinel, Stack: stack}))
	var pe *future.PanicError
	require.ErrorAs(t, err, &pe)
	require.Equal(t, stack, pe.Stack)
	require.ErrorIs(t, err, errSentinel, "what was passed to panic was an error")
	var re *executor.RemoteError
	require.ErrorAs(t, err, &re)
	require.Equal(t, string(stack), re.Stack, "the outermost error shows where it began")

	err = travel(&future.PanicError{Value: "boom", Stack: stack})
	says := fmt.Sprintf("panic (worker process %d): boom", os.Getpid())
	require.EqualError(t, err, says)
	require.EqualError(t, travel(err), says)
	err = travel(&future.PanicError{Goexit: true})
	require.ErrorAs(t, err, &pe)
	require.True(t, pe.Goexit)
	require.ErrorContains(t, err, "Goexit")
}

type (
	evil         struct{ how string }
	evilIs       struct{ error }
	uncomparable []error
)

func (e *evil) Error() string {
	switch e.how { // a nil receiver panics here
	case "panic":
		panic(e)
	case "huge":
		return strings.Repeat("x", 10<<20)
	case "binary":
		return "\xff\xfe"
	default:
		return e.how
	}
}

func (e *evil) Unwrap() error {
	if e.how == "cycle" {
		return e
	}
	panic("no Unwrap")
}
func (e evilIs) Is(error) bool         { panic("no Is") }
func (u uncomparable) Error() string   { return "uncomparable" }
func (u uncomparable) Unwrap() []error { return u }

func TestNothingAboutAnErrorBreaksItsTransport(t *testing.T) {
	wide := make(uncomparable, 10_000)
	for i := range wide {
		wide[i] = errTest
	}
	for name, err := range map[string]error{
		"nil receiver":        (*evil)(nil),
		"panicking message":   &evil{"panic"},
		"panicking methods":   evilIs{errTest},
		"huge message":        &evil{"huge"},
		"not UTF-8":           &evil{"binary"},
		"wraps itself":        &evil{"cycle"},
		"too many":            wide,
		"nil in the chain":    uncomparable{nil, errTest, nil},
		"typed nil":           (*detailed)(nil),
		"nil panic error":     (*future.PanicError)(nil),
		"nil remote error":    (*executor.RemoteError)(nil),
		"unencodable details": &future.PanicError{Value: make(chan int)},
		"panics with itself":  &future.PanicError{Value: &evil{"panic"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := executor.EncodeRemoteError(err)
			require.Less(t, len(b), 2<<20)
			back := executor.DecodeRemoteError(b)
			require.Error(t, back)
			require.NotEmpty(t, back.Error())
			require.NotErrorIs(t, back, errSentinel)
		})
	}
}

// deep makes an error of n levels with a sentinel on each, by joining in a loop, and
// one with the sentinel at its end, by wrapping.
func deep(n int) (joined, wrapped error) {
	wrapped = errSentinel
	for i := range n {
		joined = errors.Join(joined, fmt.Errorf("file %d: %w", i, os.ErrNotExist))
		wrapped = fmt.Errorf("level %d: %w", i, wrapped)
	}
	return joined, wrapped
}

func TestADeepErrorLosesItsTailOnly(t *testing.T) {
	for _, n := range []int{61, 62, 63, 64, 130, 300, 2000} {
		joined, wrapped := deep(n)
		back := travel(joined)
		require.Equal(t, joined.Error(), back.Error(), n)
		require.ErrorIs(t, back, os.ErrNotExist, n)
		require.ErrorIs(t, travel(back), os.ErrNotExist, n)

		back = travel(wrapped)
		require.Equal(t, wrapped.Error(), back.Error(), n)
		require.ErrorIs(t, back, errSentinel, "even at the very end of %d", n)

		joined, _ = deep(n)
		back = travel(&future.PanicError{Value: errors.Join(&detailed{Code: n}, joined)})
		var pe *future.PanicError
		require.ErrorAs(t, back, &pe)
		require.ErrorIs(t, back, os.ErrNotExist)
		var d *detailed
		require.ErrorAs(t, back, &d, "the first levels come whole")
		require.Equal(t, n, d.Code)
	}
	itself := &evil{"cycle"}
	back := travel(fmt.Errorf("outer: %w", errors.Join(errSentinel, itself)))
	require.ErrorContains(t, back, "cycle")
	require.ErrorIs(t, back, errSentinel)
}

// rude is an error each of whose methods does what how says in that method.
type rude struct{ How string }

func (r *rude) Error() string { misbehave(r.How, "Error"); return "rude" }
func (r *rude) Unwrap() error { misbehave(r.How, "Unwrap"); return errSentinel }
func (r *rude) Is(error) bool { misbehave(r.How, "Is"); return false }
func (r *rude) MarshalBinary() ([]byte, error) {
	misbehave(r.How, "MarshalBinary")
	return []byte(r.How), nil
}

func (r *rude) UnmarshalBinary(b []byte) error {
	misbehave(string(b), "UnmarshalBinary")
	r.How = "landed" // and behaves from now on
	return nil
}

func init() { executor.RegisterErrorType[*rude]("test.rude") }

// Each method that does not return costs what it was to tell, and no more.
func TestMethodsOfAnErrorThatDoNotReturn(t *testing.T) {
	for _, how := range []string{"panic", "Goexit"} {
		for _, where := range []string{"Error", "Unwrap", "Is", "MarshalBinary", "UnmarshalBinary"} {
			err := &rude{how + " in " + where}
			back := travel(fail{errors.New("first"), &wrapper{err}, io.EOF})
			require.ErrorIs(t, back, io.EOF, err.How)
			require.ErrorContains(t, back, "first")
			if where != "Unwrap" {
				require.ErrorIs(t, back, errSentinel, err.How)
			}
			var pe *future.PanicError
			if !strings.HasSuffix(where, "Binary") {
				require.ErrorAs(t, back, &pe, err.How)
				require.Equal(t, how == "Goexit", pe.Goexit)
				require.ErrorContains(t, pe, "at invoke_test.go:")
			}
			var r *rude
			require.Equal(t, !strings.HasSuffix(where, "Binary"), errors.As(back, &r), err.How)
			require.NotPanics(t, func() { require.False(t, future.IsCanceled(err)) })
		}
	}
}

// fail is a list of errors whose text does not depend on theirs.
type fail []error

func (f fail) Error() string   { return "first, rude" }
func (f fail) Unwrap() []error { return f }

// wrapper has a text of its own and wraps an error.
type wrapper struct{ err error }

func (w *wrapper) Error() string { return "wrapper of rude" }
func (w *wrapper) Unwrap() error { return w.err }

func TestGarbageInsteadOfAnErrorIsAnError(t *testing.T) {
	for _, b := range [][]byte{nil, {1}, {0xff}, {0x80}, []byte("garbage")} {
		require.Error(t, executor.DecodeRemoteError(b))
	}
}

func TestRegisteringErrorsChecksThem(t *testing.T) {
	require.PanicsWithValue(t, `executor: a sentinel error is registered already as "test.errSentinel": choose another name, the import path in front of it makes it unique`,
		func() { _ = executor.RegisterError("test.errSentinel", io.EOF) })
	require.Panics(t, func() { _ = executor.RegisterError("test.nil", nil) })
	require.Panics(t, func() { executor.RegisterErrorType[error]("test.interface") })
	require.Panics(t, func() { executor.RegisterErrorType[*evil]("test.evil") })
}

func TestErrorsSayWhatWhereAndWhatToDo(t *testing.T) {
	crash := &executor.CrashError{PID: 12, Signal: syscall.SIGKILL, ExitCode: -1, Function: "f", Ran: 1500e6, Stderr: "a\nlast words\n", Err: errTest, FinishedResultLost: true}
	require.EqualError(t, crash, `executor: worker process 12 was killed by signal 9 (killed) while it ran "f" for 1.5s; the work had finished but its result was lost: test: something went wrong; last on stderr: last words`)
	require.ErrorIs(t, crash, errTest)
	require.EqualError(t, &executor.CrashError{PID: 12, ExitCode: 3}, "executor: worker process 12 exited with code 3")
	require.EqualError(t, &executor.ConfigError{Field: "C.F", Value: -1, Remedy: "give more"}, "executor: C.F is -1: give more")
	require.ErrorIs(t, &executor.EncodeError{Type: "T", Err: errTest}, errTest)
	require.ErrorIs(t, &executor.DecodeError{What: "result", Function: "f", Err: errTest}, errTest)
}
