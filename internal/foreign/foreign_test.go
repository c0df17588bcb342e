package foreign

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

func TestCallTellsHowTheCodeEnded(t *testing.T) {
	require.Nil(t, Call(func() {}))
	e := Call(func() { panic("boom") })
	require.Equal(t, "boom", e.Value)
	require.False(t, e.Goexit)
	require.Contains(t, string(e.Stack), "TestCallTellsHowTheCodeEnded.func2")
	require.Equal(t, "panic: boom", e.String())
	e = Call(runtime.Goexit)
	require.True(t, e.Goexit)
	require.Contains(t, string(e.Stack), "runtime.Goexit")
	e = Call(func() { panic(nil) }) //nolint:govet // the nil is the point
	require.False(t, e.Goexit)
}

func TestCallerIsTheGoroutineThatWaits(t *testing.T) {
	mine := whose.ID()
	require.Equal(t, mine, Caller())
	require.Nil(t, Call(func() {
		require.NotEqual(t, mine, whose.ID())
		require.Equal(t, mine, Caller())
		require.Nil(t, Call(func() { require.Equal(t, mine, Caller()) }))
	}))
	Steps(func() bool { require.Equal(t, mine, Caller()); return false }, nil)
	left := 0
	callers.Range(func(any, any) bool { left++; return true })
	require.Zero(t, left)
}

func TestCallWithinWaitsNoLongerThanItsLimit(t *testing.T) {
	never := func(*Ended) { t.Error("it was waited for") }
	e, inTime := CallWithin(time.Hour, func() {}, never)
	require.True(t, inTime)
	require.Nil(t, e)
	e, inTime = CallWithin(time.Hour, func() { panic("boom") }, never)
	require.True(t, inTime)
	require.Equal(t, "boom", e.Value)
	e, inTime = CallWithin(time.Hour, runtime.Goexit, never)
	require.True(t, inTime)
	require.True(t, e.Goexit)

	synctest.Test(t, func(t *testing.T) {
		mine := whose.ID()
		gate, late := make(chan struct{}), make(chan *Ended, 1)
		begin := time.Now()
		_, inTime = CallWithin(time.Minute, func() {
			require.Equal(t, mine, Caller())
			<-gate
			require.Equal(t, whose.ID(), Caller(), "it is not waited for any more")
			panic("late")
		}, func(e *Ended) { late <- e })
		require.False(t, inTime)
		require.Equal(t, time.Minute, time.Since(begin))
		close(gate)
		require.Equal(t, "late", (<-late).Value)
	})
	left := 0
	callers.Range(func(any, any) bool { left++; return true })
	require.Zero(t, left)
}

func TestStepsGoOnAfterOneThatDidNotReturn(t *testing.T) {
	var did []int
	var failures []string
	n := 0
	Steps(func() bool {
		n++
		did = append(did, n)
		switch n {
		case 2:
			panic("at two")
		case 3:
			runtime.Goexit()
		}
		return n < 5
	}, func(e *Ended) { failures = append(failures, e.String()) })
	require.Equal(t, []int{1, 2, 3, 4, 5}, did)
	require.Equal(t, []string{"panic: at two", "runtime.Goexit"}, failures)
}

type bad struct{ how string }

func (b bad) do() {
	if b.how == "Goexit" {
		runtime.Goexit()
	}
	panic(b)
}
func (b bad) Error() string          { b.do(); return "" }
func (b bad) Is(error) bool          { b.do(); return false }
func (b bad) String() string         { b.do(); return "" }
func (b bad) Unwrap() (_ error)      { b.do(); return }
func (b bad) GoString() string       { b.do(); return "" }
func (b bad) Format(fmt.State, rune) { b.do() }

func TestTextPrintAndIsAlwaysReturn(t *testing.T) {
	for _, how := range []string{"panic", "Goexit"} {
		require.Contains(t, Text(bad{how}), "foreign.bad")
		require.Contains(t, Text(bad{how}), how)
		require.NotEmpty(t, Print(bad{how}))
		require.False(t, Is(bad{how}, context.Canceled))
		require.False(t, Is(errors.Join(errors.New("a"), bad{how}), context.Canceled))
	}
	require.Equal(t, "fine", Text(errors.New("fine")))
	require.Equal(t, "[1 2]", Print([]int{1, 2}))
	require.Equal(t, "7", Print(7))
	require.True(t, Is(fmt.Errorf("x: %w", errors.Join(errors.New("a"), context.Canceled)), context.Canceled))
	require.True(t, Is(context.Canceled, context.Canceled))
	require.False(t, Is(nil, context.Canceled))
	require.False(t, Is(errors.New("a"), context.Canceled))
}

type endless struct{ _ int }

func (e *endless) Error() string   { return "endless" }
func (e *endless) Unwrap() []error { return []error{e, e} }

func TestIsEndsWhereTheChainDoesNot(t *testing.T) {
	require.False(t, Is(&endless{}, context.Canceled))
}

func BenchmarkCall(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Call(func() {})
	}
}
