package child

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type (
	contextKey  struct{}
	progressKey struct{}
)

// newTestCall returns the context of call 7 on a worker that knows one value.
func newTestCall() *callContext {
	s := &server{program: &Program{ProgressKey: progressKey{}}, base: context.WithValue(context.Background(), contextKey{}, "worker's")}
	return newCallContext(s, 7)
}

func TestACallsContextIsMadeRealOnlyWhenNeeded(t *testing.T) {
	c := newTestCall()
	require.NoError(t, c.Err())
	require.Equal(t, "worker's", c.Value(contextKey{}))
	require.Same(t, &c.reporter, c.Value(progressKey{}))
	_, timed := c.Deadline()
	require.False(t, timed)
	require.Nil(t, c.real)

	derived, cancel := context.WithCancel(c)
	defer cancel()
	require.NotNil(t, c.real)
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
	c := newTestCall()
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
	c := newTestCall()
	when := time.Now().Add(time.Hour)
	c.setDeadline(when)
	at, timed := c.Deadline()
	require.True(t, timed)
	require.True(t, when.Equal(at))
	require.NoError(t, c.Err())
	require.Equal(t, "worker's", c.Value(contextKey{}))
	c.end(context.DeadlineExceeded)
	require.Error(t, c.Err())
	require.ErrorIs(t, context.Cause(c), context.DeadlineExceeded)

	c = newTestCall()
	c.setDeadline(time.Now().Add(-time.Second))
	<-c.Done()
	require.ErrorIs(t, c.Err(), context.DeadlineExceeded)
}
