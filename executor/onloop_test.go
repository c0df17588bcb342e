package executor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// onLoop runs fn as the main task of a loop.
func onLoop(t *testing.T, fn func(ctx context.Context) error) {
	t.Helper()
	_, err := loop.Run(t.Context(), func(ctx context.Context) (executor.None, error) { return executor.None{}, fn(ctx) })
	require.NoError(t, err)
}

func TestSubmitInATaskSuspendsItWhileTheQueueIsFull(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1, MaxPending: 1})
	call, entered, release := blocker()
	defer release()
	onLoop(t, func(ctx context.Context) error {
		var fs []*future.Future[string]
		for range 2 {
			f, err := executor.Submit(ctx, p, call)
			if err != nil {
				return err
			}
			fs = append(fs, f)
		}
		<-entered
		// Only if the submitting task is suspended does this one get to run.
		other := loop.CreateTask(ctx, func(context.Context) (executor.None, error) { release(); return executor.None{}, nil })
		f, err := executor.Submit(ctx, p, call)
		if err != nil {
			return err
		}
		if !other.Future().IsDone() {
			return errTest
		}
		for _, f := range append(fs, f) {
			if _, err := f.Await(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestATaskThatIsCanceledWhileItWaitsForRoomSubmitsNothing(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1, MaxPending: 1})
	call, entered, release := blocker()
	defer release()
	give(t, p, call)
	<-entered
	give(t, p, call)
	onLoop(t, func(ctx context.Context) error {
		waiting := loop.CreateTask(ctx, func(ctx context.Context) (executor.None, error) {
			_, err := executor.Submit(ctx, p, call)
			return executor.None{}, err
		})
		for p.Stats().WaitingFor == 0 {
			if err := loop.Sleep(ctx, time.Millisecond); err != nil {
				return err
			}
		}
		waiting.Cancel()
		if _, err := waiting.Future().Await(ctx); !future.IsCanceled(err) {
			return errTest
		}
		return nil
	})
	require.Zero(t, p.Stats().WaitingFor)
	require.Equal(t, 1, p.Stats().Queued)
}

func TestABareCallbackNeverWaits(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1, MaxPending: 1})
	call, entered, release := blocker()
	defer release()
	give(t, p, call)
	<-entered
	give(t, p, call)
	l := loop.New(loop.Config{})
	var full, shut error
	_, err := l.CallSoon(func() {
		_, full = executor.Submit(l.Context(), p, call)
		shut = p.Shutdown(l.Context())
		l.Stop()
	})
	require.NoError(t, err)
	require.NoError(t, l.RunForever())
	require.NoError(t, l.Close())
	require.ErrorIs(t, full, executor.ErrQueueFull)
	require.ErrorIs(t, full, future.ErrWouldBlock)
	require.ErrorIs(t, shut, future.ErrWouldBlock)
	_, err = executor.Submit(t.Context(), p, call)
	require.ErrorIs(t, err, executor.ErrShutdown, "the shutdown has begun all the same")
}

func TestShutdownInATaskSuspendsIt(t *testing.T) {
	p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
	require.NoError(t, err)
	call, entered, release := blocker()
	f := give(t, p, call)
	<-entered
	onLoop(t, func(ctx context.Context) error {
		loop.CreateTask(ctx, func(context.Context) (executor.None, error) { release(); return executor.None{}, nil })
		return p.Shutdown(ctx)
	})
	require.True(t, f.IsDone())
}

func TestAMapInATaskSuspendsIt(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	onLoop(t, func(ctx context.Context) error {
		// Only if the task that maps is suspended does this one get to run.
		ticks := make(chan struct{})
		ticker := loop.CreateTask(ctx, func(ctx context.Context) (executor.None, error) {
			for {
				select {
				case ticks <- struct{}{}:
				default:
				}
				if err := loop.Sleep(ctx, 0); err != nil {
					return executor.None{}, err
				}
			}
		})
		slow := executor.Each(func(_ context.Context, n int) (int, error) {
			select {
			case <-ticks:
				return n, nil
			case <-time.After(patience):
				return 0, errTest
			}
		})
		sum := 0
		for _, opts := range []executor.MapOptions{{}, {Unordered: true}} {
			for v, err := range executor.Map(ctx, p, slow, func(yield func(int) bool) {
				for i := range 20 {
					if !yield(i) {
						return
					}
				}
			}, opts) {
				if err != nil {
					return err
				}
				sum += v
			}
		}
		ticker.Cancel()
		if sum != 2*190 {
			return errTest
		}
		return nil
	})
}

func TestCancelingALoopsFutureSettlesItAtOnceAndEndsTheWorksContext(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})
	entered, ended := make(chan struct{}), make(chan error, 1)
	onLoop(t, func(ctx context.Context) error {
		f := loop.RunInExecutor(ctx, p, executor.Func(func(ctx context.Context) (int, error) {
			close(entered)
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return 1, nil
		}))
		<-entered
		if !f.CancelCause(errTest) || !f.Canceled() {
			return errTest
		}
		if _, err := f.Await(ctx); !future.IsCanceled(err) {
			return err
		}
		return nil
	})
	require.ErrorIs(t, <-ended, errTest)
}
