package executor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestRunReturnsTheOutcomeOfACall(t *testing.T) {
	for name, ex := range map[string]executor.Executor{
		"goroutines": newPool(t, executor.ThreadConfig{Workers: 1}),
		"processes":  suiteProcessPool(t, 1),
	} {
		t.Run(name, func(t *testing.T) {
			v, err := executor.Run(t.Context(), ex, twofold.Bind(21))
			require.NoError(t, err)
			require.Equal(t, 42, v)
			_, err = executor.Run(t.Context(), ex, greet.Bind(""))
			require.ErrorContains(t, err, "no name")
			onLoop(t, func(ctx context.Context) error {
				v, err := executor.Run(ctx, ex, twofold.Bind(4))
				require.Equal(t, 8, v)
				return err
			})
		})
	}
}

func TestRunSaysWhyTheCallWasNotAccepted(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{})
	_, err := executor.Run(t.Context(), p, executor.Call[int]{})
	require.ErrorIs(t, err, executor.ErrNoCall)
	require.NoError(t, p.Shutdown(t.Context()))
	_, err = executor.Run(t.Context(), p, twofold.Bind(1))
	require.ErrorIs(t, err, executor.ErrShutdown)
}

// workUntilCanceled is work that says when it began, and that its context has ended.
func workUntilCanceled() (call executor.Call[int], began, ended chan struct{}) {
	began, ended = make(chan struct{}), make(chan struct{})
	return executor.Func(func(ctx context.Context) (int, error) {
		close(began)
		<-ctx.Done()
		close(ended)
		return 0, ctx.Err()
	}), began, ended
}

func TestRunThatIsGivenUpCancelsItsCall(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})

	call, began, ended := workUntilCanceled()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	go func() { <-began; cancel(errTest) }()
	_, err := executor.Run(ctx, p, call)
	require.ErrorIs(t, err, errTest)
	<-ended

	call, began, ended = workUntilCanceled()
	onLoop(t, func(ctx context.Context) error {
		work := loop.Spawn(ctx, func(ctx context.Context) error {
			_, err := executor.Run(ctx, p, call)
			return err
		})
		if err := loop.Sleep(ctx, 0); err != nil {
			return err
		}
		<-began
		work.Cancel()
		_, err := work.Future().Await(ctx)
		require.True(t, future.IsCanceled(err))
		return nil
	})
	<-ended
}

// The call may be the first to say that ctx has ended; what it says is not the cause.
func TestRunTellsTheCauseEvenIfTheCallIsFaster(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})
	for range 100 {
		ctx, cancel := context.WithCancelCause(t.Context())
		_, err := executor.Run(ctx, p, executor.Func(func(inner context.Context) (int, error) {
			cancel(errTest)
			return 0, inner.Err()
		}))
		require.ErrorIs(t, err, errTest)
	}
}

func TestRunLeavesNothingInTheQueueWhenItGivesUp(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})
	busy, entered, release := blocker()
	defer release()
	give(t, p, busy)
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := executor.Run(ctx, p, twofold.Bind(1))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, uint64(1), p.Stats().Canceled)
}

func TestRunInABareCallbackBeginsNothing(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})
	onLoop(t, func(ctx context.Context) error {
		l := loop.Current(ctx)
		refused := future.NewOn[executor.None](l)
		_, err := l.CallSoon(func() {
			_, err := executor.Run(l.Context(), p, twofold.Bind(1))
			refused.Settle(executor.None{}, err)
		})
		if err != nil {
			return err
		}
		_, err = refused.Future().Await(ctx)
		require.ErrorIs(t, err, future.ErrWouldBlock)
		return nil
	})
	stats := p.Stats()
	require.Zero(t, stats.Completed+stats.Canceled+uint64(stats.Queued+stats.Running))
}

func TestCollectHasTheResultsAndTheError(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	odd := executor.Each(func(_ context.Context, n int) (int, error) {
		if n%2 == 1 {
			return 0, errTest
		}
		return n * n, nil
	})
	vs, err := executor.Collect(executor.Map(t.Context(), p, twofold.Bind, numbers(4), executor.MapOptions{}))
	require.NoError(t, err)
	require.Equal(t, []int{0, 2, 4, 6}, vs)

	vs, err = executor.Collect(executor.Map(t.Context(), p, odd, numbers(4), executor.MapOptions{}))
	require.Equal(t, errTest, err, "as it is")
	require.Equal(t, []int{0}, vs)

	seq := executor.Map(t.Context(), p, odd, numbers(5), executor.MapOptions{KeepGoing: true})
	vs, err = executor.Collect(seq)
	require.Equal(t, []int{0, 4, 16}, vs)
	require.Equal(t, errors.Join(&executor.MapError{Index: 1, Err: errTest}, &executor.MapError{Index: 3, Err: errTest}), err)
	vs, err = executor.Collect(seq)
	require.NoError(t, err)
	require.Empty(t, vs, "a Map is ranged over once")

	require.NoError(t, p.Shutdown(t.Context()))
	_, err = executor.Collect(executor.Map(t.Context(), p, odd, numbers(1), executor.MapOptions{}))
	require.ErrorIs(t, err, executor.ErrShutdown)
}
