package loop_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestCancelBeforeTheStartMeansNeverStarted(t *testing.T) {
	run(t, func(ctx context.Context) {
		task := loop.CreateTask(ctx, func(context.Context) (int, error) {
			t.Error("started")
			return 0, nil
		})
		require.True(t, task.Cancel())
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, task.Canceled())
		require.False(t, task.Cancel())
	})
}

func TestCancelBeforeTheLoopRunsMeansNeverStarted(t *testing.T) {
	l := newLoop(t)
	task := loop.CreateTask(l.Context(), func(context.Context) (int, error) {
		t.Error("started")
		return 0, nil
	})
	spared := loop.CreateTask(l.Context(), func(context.Context) (int, error) { return 1, nil })
	first, second := errors.New("first"), errors.New("second")
	require.True(t, task.CancelCause(first))
	require.True(t, task.CancelCause(second))
	require.True(t, spared.Cancel())
	require.Equal(t, 2, task.Cancelling())
	require.Zero(t, spared.Uncancel())
	require.Zero(t, spared.Cancelling())
	soon(t, l, l.Stop)
	require.NoError(t, l.RunForever())
	require.True(t, task.Canceled(), "in the first iteration")
	require.ErrorIs(t, task.Err(), second)
	require.Equal(t, 2, task.Cancelling())
	require.NoError(t, spared.Err())
}

func TestCancelFailsEveryAwaitUntilTheBodyHasHandledIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, func(ctx context.Context) {
			task := loop.CreateTask(ctx, func(ctx context.Context) (string, error) {
				for range 3 {
					require.ErrorIs(t, loop.Sleep(ctx, time.Hour), context.Canceled)
				}
				require.ErrorIs(t, ctx.Err(), context.Canceled, "the context stays done")
				ctx = loop.Resume(ctx)
				require.NoError(t, ctx.Err())
				require.NoError(t, loop.Sleep(ctx, time.Minute))
				return "survived", nil
			})
			require.NoError(t, loop.Sleep(ctx, 0))
			start := time.Now()
			require.True(t, task.Cancel())
			v, err := task.Await(ctx)
			require.NoError(t, err)
			require.Equal(t, "survived", v)
			require.False(t, task.Canceled())
			require.Equal(t, 1, task.Cancelling())
			require.Equal(t, time.Minute, time.Since(start))
		})
	})
}

func TestCancelOfTheAwaitedChain(t *testing.T) {
	run(t, func(ctx context.Context) {
		p := future.NewOn[int](here(t, ctx))
		inner := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return p.Future().Await(ctx) })
		outer := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return inner.Await(ctx) })
		require.NoError(t, loop.Sleep(ctx, 0))
		require.NoError(t, loop.Sleep(ctx, 0))
		boom := errors.New("enough")
		require.True(t, outer.CancelCause(boom))
		_, err := outer.Await(ctx)
		require.ErrorIs(t, err, boom)
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, inner.Canceled())
		require.True(t, p.Future().Canceled())
		require.True(t, outer.Canceled())
	})
}

func TestASelfCancelIsMetByTheNextAwait(t *testing.T) {
	run(t, func(ctx context.Context) {
		var task *loop.Task[int]
		task = loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			task.Cancel()
			require.Equal(t, 1, task.Cancelling())
			return 0, loop.Sleep(ctx, 0)
		})
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestARequestThatNoAwaitMeetsBeatsTheResult(t *testing.T) {
	run(t, func(ctx context.Context) {
		var task *loop.Task[int]
		task = loop.CreateTask(ctx, func(context.Context) (int, error) {
			task.Cancel()
			return 1, nil
		})
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, task.Canceled())
	})
}

func TestUncancelAtZeroDropsThePendingRequest(t *testing.T) {
	run(t, func(ctx context.Context) {
		var task *loop.Task[int]
		task = loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			require.Zero(t, task.Uncancel())
			task.Cancel()
			task.Cancel()
			require.Equal(t, 1, task.Uncancel())
			require.Zero(t, task.Uncancel())
			require.ErrorIs(t, ctx.Err(), context.Canceled, "a context does not come back to life")
			require.NoError(t, loop.Sleep(loop.Resume(ctx), 0))
			return 4, nil
		})
		v, err := task.Await(ctx)
		require.NoError(t, err)
		require.Equal(t, 4, v)
	})
}

func TestCancelMeetsAResultThatIsOnItsWay(t *testing.T) {
	run(t, func(ctx context.Context) {
		p := future.NewOn[int](here(t, ctx))
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			_, err := p.Future().Await(ctx)
			require.ErrorIs(t, err, context.Canceled, "the cancellation must not be swallowed by the result")
			return 0, err
		})
		require.NoError(t, loop.Sleep(ctx, 0))
		require.NoError(t, p.SetResult(1))
		require.True(t, task.Cancel())
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.False(t, p.Future().Canceled())
	})
}

func TestCancelFromAnotherGoroutine(t *testing.T) {
	run(t, func(ctx context.Context) {
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			return 0, loop.Sleep(ctx, time.Hour)
		})
		require.NoError(t, loop.Sleep(ctx, 0))
		go task.Cancel()
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestACanceledTaskReturnsTheErrorOfALibraryThatSawItsContext(t *testing.T) {
	run(t, func(ctx context.Context) {
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			_ = loop.Sleep(ctx, time.Hour)
			return 0, ctx.Err()
		})
		require.NoError(t, loop.Sleep(ctx, 0))
		task.Cancel()
		_, err := task.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, task.Canceled())
	})
}

func TestADerivedDeadlineIsALevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, func(ctx context.Context) {
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			f := pending(here(t, ctx))
			start := time.Now()
			for range 3 {
				_, err := f.Await(short)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorIs(t, loop.Sleep(short, time.Hour), context.DeadlineExceeded)
			}
			require.Equal(t, time.Second, time.Since(start))
			require.False(t, f.IsDone(), "giving up cancels nothing")
			require.NoError(t, loop.Sleep(ctx, time.Second), "the task itself is not canceled")
		})
	})
}

func TestADerivedSleepEndsWithItsContextAndLeavesNoTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, func(ctx context.Context) {
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			require.ErrorIs(t, loop.Sleep(short, time.Hour), context.DeadlineExceeded)
			require.NoError(t, loop.Sleep(ctx, 2*time.Hour))
		})
	})
}
