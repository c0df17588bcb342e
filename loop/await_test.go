package loop_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestAwaitInAGoroutineWithTheTasksContextBlocksTheGoroutine(t *testing.T) {
	run(t, func(ctx context.Context) {
		p := future.NewOn[int](here(t, ctx))
		got := future.New[int]()
		go func() {
			v, err := p.Future().Await(ctx) // a task's context, not a task's goroutine
			if err != nil {
				t.Error(err)
			}
			_ = got.SetResult(v)
		}()
		require.NoError(t, loop.Sleep(ctx, 0))
		require.NoError(t, p.SetResult(9))
		v, err := got.Future().Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 9, v)
	})
}

func TestAwaitInATaskWithABackgroundContextSuspendsTheTask(t *testing.T) {
	run(t, func(ctx context.Context) {
		p := future.NewOn[int](here(t, ctx))
		task := loop.CreateTask(ctx, func(context.Context) (int, error) {
			return p.Future().Await(context.Background())
		})
		require.NoError(t, loop.Sleep(ctx, 0))
		require.NoError(t, p.SetResult(1)) // unreachable if the await blocked the loop
		v, err := task.Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, v)
	})
}

func TestAwaitWithTheContextOfAnotherTaskSuspendsTheOneThatCalls(t *testing.T) {
	run(t, func(outer context.Context) {
		p := future.NewOn[int](here(t, outer))
		task := loop.CreateTask(outer, func(context.Context) (int, error) {
			return p.Future().Await(outer) // the closure caught its creator's context
		})
		require.NoError(t, loop.Sleep(outer, 0))
		require.NoError(t, p.SetResult(2))
		v, err := task.Await(outer)
		require.NoError(t, err)
		require.Equal(t, 2, v)
	})
}

func TestAwaitInABareCallbackFailsAtOnce(t *testing.T) {
	l := newLoop(t)
	soon(t, l, func() {
		defer l.Stop()
		_, err := pending(l).Await(l.Context())
		require.ErrorIs(t, err, future.ErrWouldBlock)
		_, err = future.New[int]().Future().Await(context.Background())
		require.ErrorIs(t, err, loop.ErrWouldBlock)
		require.ErrorIs(t, loop.Sleep(l.Context(), time.Hour), loop.ErrWouldBlock)
		_, _, err = future.Wait(l.Context(), []*future.Future[int]{pending(l)}, future.WaitOptions{})
		require.ErrorIs(t, err, loop.ErrWouldBlock)
		v, err := future.Resolved(3).Await(l.Context())
		require.NoError(t, err, "a done future needs no waiting")
		require.Equal(t, 3, v)
	})
	require.NoError(t, l.RunForever())
}

func TestAwaitOfAForeignLoopsFuture(t *testing.T) {
	other := newLoop(t)
	run(t, func(ctx context.Context) {
		_, err := pending(other).Await(ctx)
		require.ErrorIs(t, err, future.ErrForeignLoop)
		_, err = future.Gather(pending(other), pending(here(t, ctx))).Await(ctx)
		require.ErrorIs(t, err, future.ErrForeignLoop)
	})
}

func TestAPlainGoroutineAwaitsALoopsFutureAndGivingUpCancelsNothing(t *testing.T) {
	l := newLoop(t)
	p := future.NewOn[int](l)
	short, cancel := context.WithCancelCause(t.Context())
	impatient := errors.New("impatient")
	cancel(impatient)
	_, err := p.Future().Await(short)
	require.ErrorIs(t, err, impatient)
	require.False(t, p.Future().IsDone())

	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			v, err := p.Future().Await(context.Background())
			if err != nil || v != 5 {
				t.Error(v, err)
			}
		})
	}
	soon(t, l, func() {
		_ = p.SetResult(5)
		l.Stop()
	})
	require.NoError(t, l.RunForever())
	wg.Wait()
}

func TestCallbacksOfALoopsFutureRunOnTheLoopInOrderAndNeverInline(t *testing.T) {
	l := newLoop(t)
	var order []string
	p := future.NewOn[int](l)
	add := func(s string) future.Token {
		return p.Future().AddDoneCallback(func(*future.Future[int]) { order = append(order, s) })
	}
	add("first")
	gone := add("removed")
	add("second")
	require.True(t, p.Future().RemoveDoneCallback(gone))
	require.False(t, p.Future().RemoveDoneCallback(gone))
	soon(t, l, func() {
		require.NoError(t, p.SetResult(1))
		require.Empty(t, order)
		add("late")
		require.Empty(t, order)
		soon(t, l, l.Stop)
	})
	require.NoError(t, l.RunForever())
	require.Equal(t, []string{"first", "second", "late"}, order)
}

func TestAFutureSettledAfterItsLoopClosedSaysSo(t *testing.T) {
	l := newLoop(t)
	p := future.NewOn[int](l)
	told := make(chan struct{})
	p.Future().OnDone(func() { close(told) })
	require.NoError(t, l.Close())
	require.NoError(t, p.SetResult(1))
	<-told
	_, err := p.Future().Await(t.Context())
	require.ErrorIs(t, err, loop.ErrClosed)
}
