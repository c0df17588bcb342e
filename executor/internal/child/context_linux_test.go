package child

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

type (
	contextKey  struct{}
	progressKey struct{}
)

var errTestFinished = errors.New("the call has returned")

// newTestCall returns the context of a call, on a worker that knows one value, with a
// deadline if it is not 0.
func newTestCall(id uint64, deadline int64) *callContext {
	s := &server{program: &Program{ProgressKey: progressKey{}, Finished: errTestFinished}, base: context.WithValue(context.Background(), contextKey{}, "worker's")}
	return newCallContext(s, id, deadline)
}

func TestACallsContextIsMadeRealOnlyWhenNeeded(t *testing.T) {
	c := newTestCall(7, 0)
	require.NoError(t, c.Err())
	require.Equal(t, "worker's", c.Value(contextKey{}))
	require.Same(t, &c.reporter, c.Value(progressKey{}))
	_, timed := c.Deadline()
	require.False(t, timed)
	require.Nil(t, c.late)

	derived, cancel := context.WithCancel(c)
	defer cancel()
	require.NotNil(t, c.late)
	require.Equal(t, "worker's", derived.Value(contextKey{}))
	require.Same(t, &c.reporter, derived.Value(progressKey{}))
	cause := errors.New("enough")
	c.end(cause)
	c.end(errors.New("too late"))
	<-derived.Done()
	require.ErrorIs(t, c.Err(), context.Canceled)
	require.Equal(t, cause, context.Cause(derived))
	require.Equal(t, cause, context.Cause(c))
}

func TestACallsContextThatNobodyAskedEndsAllTheSame(t *testing.T) {
	c := newTestCall(7, 0)
	cause := errors.New("enough")
	c.end(cause)
	require.ErrorIs(t, c.Err(), context.Canceled)
	require.Equal(t, cause, context.Cause(c))
	<-c.Done()
	called := make(chan struct{})
	context.AfterFunc(c, func() { close(called) })
	<-called
}

func TestACallsContextWithADeadline(t *testing.T) {
	t.Run("that has not come", func(t *testing.T) {
		when := time.Now().Add(time.Hour)
		c := newTestCall(7, proc.MonotonicOf(when))
		at, timed := c.Deadline()
		require.True(t, timed)
		require.InDelta(t, 0, at.Sub(when), float64(time.Millisecond))
		again, _ := c.Deadline()
		require.Equal(t, at, again)
		require.NoError(t, c.Err())
		require.Equal(t, "worker's", c.Value(contextKey{}))
		require.Nil(t, c.late)
		<-contextEnds(c, func() { c.end(context.Canceled) })
		require.ErrorIs(t, c.Err(), context.Canceled)
	})
	t.Run("that has passed", func(t *testing.T) {
		c := newTestCall(7, proc.Monotonic()-1)
		require.Equal(t, context.DeadlineExceeded, c.Err())
		<-c.Done()
		require.Equal(t, context.DeadlineExceeded, context.Cause(c))
	})
	t.Run("that passes", func(t *testing.T) {
		c := newTestCall(7, proc.After(proc.Monotonic(), time.Millisecond))
		<-c.Done()
		require.Equal(t, context.DeadlineExceeded, c.Err())
	})
	t.Run("in the year 9999", func(t *testing.T) {
		c := newTestCall(7, proc.MonotonicOf(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)))
		require.NoError(t, c.Err())
		derived, cancel := context.WithCancel(c)
		defer cancel()
		require.NoError(t, derived.Err())
	})
}

// contextEnds lets end end c and returns the channel of a context that was derived
// before.
func contextEnds(c context.Context, end func()) <-chan struct{} {
	derived, cancel := context.WithCancel(c)
	end()
	defer cancel()
	return derived.Done()
}

// A deadline is always DeadlineExceeded, whatever asks, whatever tells of it, and
// whatever comes after.
func TestADeadlineIsNeverACancellation(t *testing.T) {
	for _, deadline := range []int64{0, proc.After(proc.Monotonic(), time.Hour)} {
		c := newTestCall(7, deadline)
		early, cancelEarly := context.WithCancel(c)
		c.expire() // the parent process says so
		c.end(errors.New("the call has returned"))
		<-c.Done()
		<-early.Done()
		late, cancelLate := context.WithCancel(c)
		for _, ctx := range []context.Context{c, early, late} {
			require.Equal(t, context.DeadlineExceeded, ctx.Err())
			require.Equal(t, context.DeadlineExceeded, context.Cause(ctx))
		}
		cancelEarly()
		cancelLate()

		c = newTestCall(7, deadline)
		c.expire()
		require.Equal(t, context.DeadlineExceeded, c.Err())
		require.Equal(t, context.DeadlineExceeded, context.Cause(c))

		c = newTestCall(7, deadline)
		cause := errors.New("enough")
		c.end(cause)
		c.expire()
		require.Equal(t, context.Canceled, c.Err())
		require.Equal(t, cause, context.Cause(c))
	}
}

func TestTheEarlierDeadlineCounts(t *testing.T) {
	s := &server{timeout: time.Minute, began: proc.Monotonic()}
	minute := proc.After(s.began, time.Minute)
	require.Equal(t, minute, s.deadline(&wire.Call{}))
	require.Equal(t, minute, s.deadline(&wire.Call{Deadline: minute + 1}))
	require.Equal(t, minute-1, s.deadline(&wire.Call{Deadline: minute - 1}))
	require.Zero(t, s.deadline(&wire.Call{Kind: wire.CallInit}), "the pool's is not for the initializer")
	s.timeout = math.MaxInt64
	require.Equal(t, int64(math.MaxInt64), s.deadline(&wire.Call{}))
}
