package future_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestAwaitInAGoroutine(t *testing.T) {
	t.Run("blocks until the outcome is there", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := future.New[int]()
			time.AfterFunc(time.Minute, func() { _ = p.SetResult(3) })
			start := time.Now()
			v, err := p.Future().Await(t.Context())
			require.NoError(t, err)
			require.Equal(t, 3, v)
			require.Equal(t, time.Minute, time.Since(start))
		})
	})
	t.Run("one that gives up disturbs nobody, itself included", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := future.New[int]()
			var wg sync.WaitGroup
			wg.Go(func() {
				if v, err := p.Future().Await(context.Background()); v != 4 || err != nil {
					t.Error(v, err)
				}
			})
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errBoom)
			defer cancel()
			_, err := p.Future().Await(ctx)
			require.ErrorIs(t, err, errBoom)
			require.Equal(t, future.StatePending, p.Future().State())
			require.NoError(t, p.SetResult(4))
			v, err := p.Future().Await(ctx)
			require.NoError(t, err, "a done future counts even if ctx has ended")
			require.Equal(t, 4, v)
			wg.Wait()
		})
	})
	t.Run("a nil context never ends", func(t *testing.T) {
		p := future.New[int]()
		go func() { _ = p.SetResult(1) }()
		v, err := p.Future().Await(nil) //nolint:staticcheck // that it does not crash is the point
		require.NoError(t, err)
		require.Equal(t, 1, v)
	})
	t.Run("is told of a cancellation", func(t *testing.T) {
		f := future.New[int]().Future()
		go f.CancelCause(errBoom)
		_, err := f.Await(t.Context())
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, errBoom)
	})
}

func TestAwaitInATask(t *testing.T) {
	t.Run("suspends it, twice if asked twice", func(t *testing.T) {
		inLoop(t, func(ctx context.Context, l *loop.Loop) {
			p := future.NewOn[int](l)
			task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
				first, err := p.Future().Await(ctx)
				require.NoError(t, err)
				second, err := p.Future().Await(ctx)
				return first + second, err
			})
			require.NoError(t, loop.Sleep(ctx, 0))
			require.False(t, task.IsDone())
			require.NoError(t, p.SetResult(21))
			v, err := task.Await(ctx)
			require.NoError(t, err)
			require.Equal(t, 42, v)
		})
	})
	t.Run("a free future settled by a goroutine wakes it", func(t *testing.T) {
		inLoop(t, func(ctx context.Context, _ *loop.Loop) {
			p := future.New[int]()
			go func() { _ = p.SetResult(5) }()
			v, err := p.Future().Await(ctx)
			require.NoError(t, err)
			require.Equal(t, 5, v)
		})
	})
	t.Run("tasks and goroutines await one future at once", func(t *testing.T) {
		inLoop(t, func(ctx context.Context, l *loop.Loop) {
			p := future.NewOn[int](l)
			var tasks []*loop.Task[int]
			got := make([]*future.Promise[int], 8)
			for i := range got {
				tasks = append(tasks, loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
					return p.Future().Await(ctx)
				}))
				got[i] = future.New[int]()
				go func() { got[i].Settle(p.Future().Await(ctx)) }()
			}
			require.NoError(t, loop.Sleep(ctx, 0))
			go func() { _ = p.SetResult(6) }()
			for i := range got {
				v, err := tasks[i].Await(ctx)
				require.NoError(t, err)
				require.Equal(t, 6, v)
				v, err = got[i].Future().Await(ctx)
				require.NoError(t, err)
				require.Equal(t, 6, v)
			}
		})
	})
	t.Run("when the loop closes the future forgets the task", func(t *testing.T) {
		l := loop.New(loop.Config{ExceptionHandler: func(*loop.Loop, loop.ExceptionContext) {}})
		p := future.New[int]() // outlives the loop
		loop.CreateTask(l.Context(), func(ctx context.Context) (int, error) { return p.Future().Await(ctx) })
		_, err := l.CallSoon(l.Stop)
		require.NoError(t, err)
		require.NoError(t, l.RunForever())
		require.Equal(t, "<Future pending callbacks=1>", p.Future().String())
		require.NoError(t, l.Close())
		require.Equal(t, "<Future pending>", p.Future().String())
		require.NoError(t, p.SetResult(1))
	})
}

func TestAwaitInABareCallback(t *testing.T) {
	inLoop(t, func(ctx context.Context, l *loop.Loop) {
		errs := future.NewOn[error](l)
		_, err := l.CallSoon(func() {
			_, err := future.New[int]().Future().Await(context.Background())
			_ = errs.SetResult(err)
		})
		require.NoError(t, err)
		got, err := errs.Future().Await(ctx)
		require.NoError(t, err)
		require.ErrorIs(t, got, future.ErrWouldBlock)
	})
}
