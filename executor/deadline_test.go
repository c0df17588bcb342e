package executor_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// ending waits for the end of its context and tells what that says.
func ending(ctx context.Context) (string, error) {
	<-ctx.Done()
	early, cancel := context.WithCancel(ctx)
	defer cancel()
	return ctx.Err().Error() + ", " + context.Cause(ctx).Error() + ", " + early.Err().Error(), nil
}

const deadlineTold = "context deadline exceeded, context deadline exceeded, context deadline exceeded"

var outcomeInWorker = executor.RegisterNoArg("test.outcomeInWorker", ending)

// errOutcome returns what a task that gives up returns.
var errOutcome = executor.RegisterAction("test.errOutcome", func(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
})

// remaining returns how long the deadline of the call is away.
var remaining = executor.RegisterNoArg("test.remaining", func(ctx context.Context) (time.Duration, error) {
	deadline, ok := ctx.Deadline()
	if !ok || ctx.Err() != nil {
		return 0, ctx.Err()
	}
	return time.Until(deadline), nil
})

func TestADeadlineIsToldAsOneInAWorker(t *testing.T) {
	t.Run("that of the context given to Submit", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 2})
		require.NoError(t, p.Ready(t.Context()))
		accepted := 0
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
			told, err := executor.Submit(ctx, p, outcomeInWorker.Bind())
			if err == nil {
				requireTold(t, told)
				accepted++
			}
			cancel()
			ctx, cancel = context.WithTimeout(t.Context(), 2*time.Millisecond)
			failed, ferr := executor.Submit(ctx, p, errOutcome.Bind())
			if ferr == nil {
				_, ferr = await(t, failed)
				require.False(t, failed.Canceled())
			}
			cancel()
			for _, err := range []error{err, ferr} { // on a busy machine the time is over before Submit
				if err != nil {
					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.NotErrorIs(t, err, context.Canceled)
				}
			}
		}
		require.Positive(t, accepted)
	})
	t.Run("that of the pool", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Timeout: 2 * time.Millisecond})
		require.NoError(t, p.Ready(t.Context()))
		for range 100 {
			requireTold(t, submit(t, p, outcomeInWorker.Bind()))
		}
	})
	t.Run("that of a context which does not say when", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
		ctx := newScope(t.Context())
		f, err := executor.Submit(ctx, p, outcomeInWorker.Bind())
		require.NoError(t, err)
		runningPID(t, p)
		ctx.expire()
		s, err := await(t, f)
		require.NoError(t, err)
		require.Equal(t, deadlineTold, s)
	})
	t.Run("but not a cancellation with a cause of its own", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
		ctx, cancel := context.WithCancelCause(t.Context())
		f, err := executor.Submit(ctx, p, outcomeInWorker.Bind())
		require.NoError(t, err)
		runningPID(t, p)
		cancel(errors.New("enough"))
		s, err := await(t, f)
		require.NoError(t, err)
		require.Contains(t, s, "context canceled, ")
		require.Contains(t, s, "enough")
	})
}

// requireTold waits for a call of outcomeInWorker. One whose deadline passes before a
// worker begins it fails.
func requireTold(t *testing.T, f *future.Future[string]) {
	t.Helper()
	s, err := await(t, f)
	if err != nil {
		require.ErrorIs(t, err, context.DeadlineExceeded)
		return
	}
	require.Equal(t, deadlineTold, s)
}

func TestADeadlineIsToldAsOneOnAGoroutine(t *testing.T) {
	p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Shutdown(t.Context())) }()
	for range 200 {
		ctx := newScope(t.Context())
		begun := make(chan struct{})
		f, err := executor.Submit(ctx, p, executor.Func(func(ctx context.Context) (string, error) {
			_ = ctx.Done()
			close(begun)
			return ending(ctx)
		}))
		require.NoError(t, err)
		<-begun
		ctx.expire()
		f.Cancel() // as a task does whose scope has ended
		s, err := f.Await(t.Context())
		require.NoError(t, err)
		require.Equal(t, deadlineTold, s)
	}
}

func TestADeadlineMayBeFarAway(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	for _, deadline := range []time.Time{
		time.Now().Add(time.Hour).Round(0), // by the wall clock alone
		time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		ctx, cancel := context.WithDeadline(t.Context(), deadline)
		f, err := executor.Submit(ctx, p, remaining.Bind())
		require.NoError(t, err)
		left, err := await(t, f)
		require.NoError(t, err)
		require.LessOrEqual(t, left-time.Minute, time.Until(deadline))
		require.Greater(t, left, min(time.Until(deadline), 200*365*24*time.Hour)-time.Minute)
		cancel()
	}
}

// A scope is a context that ends by a deadline without having said so before.
type scope struct {
	context.Context
	once sync.Once
	over chan struct{}
}

func newScope(ctx context.Context) *scope { return &scope{Context: ctx, over: make(chan struct{})} }

func (s *scope) expire()               { s.once.Do(func() { close(s.over) }) }
func (s *scope) Done() <-chan struct{} { return s.over }

func (s *scope) Err() error {
	select {
	case <-s.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
