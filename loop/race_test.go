package loop_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestStaggeredRace(t *testing.T) {
	type runner = func(context.Context) (int, error)
	fails := func(context.Context) (int, error) { return 0, errBoom }
	sub(t, "of nobody", func(t *testing.T, ctx context.Context) {
		r, err := loop.StaggeredRace[int](ctx, 0)
		require.ErrorContains(t, err, "there are no functions")
		require.Equal(t, loop.Race[int]{Index: -1}, r)
	})
	sub(t, "the first succeeds, the second never starts", func(t *testing.T, ctx context.Context) {
		r, err := loop.StaggeredRace(ctx, 0, sleeper(0, 7), func(context.Context) (int, error) {
			t.Error("started")
			return 0, nil
		})
		require.NoError(t, err)
		require.Equal(t, loop.Race[int]{Value: 7, Index: 0, Errs: []error{nil}}, r)
	})
	sub(t, "the first fails, the second succeeds", func(t *testing.T, ctx context.Context) {
		start := time.Now()
		r, err := loop.StaggeredRace(ctx, tick, fails, sleeper(0, 7))
		require.NoError(t, err)
		require.Equal(t, loop.Race[int]{Value: 7, Index: 1, Errs: []error{errBoom, nil}}, r)
		require.Equal(t, start, time.Now(), "a failure starts the next at once")
	})
	sub(t, "the first is slow, the second succeeds", func(t *testing.T, ctx context.Context) {
		start := time.Now()
		r, err := loop.StaggeredRace(ctx, tick, sleeper(100*tick, 1), sleeper(tick, 7))
		require.NoError(t, err)
		require.Equal(t, 7, r.Value)
		require.Equal(t, 1, r.Index)
		require.Len(t, r.Errs, 2)
		require.ErrorIs(t, r.Errs[0], context.Canceled)
		require.NoError(t, r.Errs[1])
		require.Equal(t, 2*tick, time.Since(start))
	})
	sub(t, "the first is slow and wins", func(t *testing.T, ctx context.Context) {
		r, err := loop.StaggeredRace(ctx, tick, sleeper(3*tick, 1), sleeper(100*tick, 7), fails)
		require.NoError(t, err)
		require.Equal(t, 0, r.Index)
		require.ErrorIs(t, r.Errs[1], context.Canceled)
		require.ErrorIs(t, r.Errs[2], errBoom)
	})
	sub(t, "none succeeds", func(t *testing.T, ctx context.Context) {
		r, err := loop.StaggeredRace(ctx, 0, runner(fails), func(context.Context) (int, error) { return 0, errBang })
		require.ErrorIs(t, err, errBoom)
		require.ErrorIs(t, err, errBang)
		require.Equal(t, loop.Race[int]{Index: -1, Errs: []error{errBoom, errBang}}, r)
	})
	sub(t, "canceled", func(t *testing.T, ctx context.Context) {
		task := spawn(ctx, func(ctx context.Context) error {
			_, err := loop.StaggeredRace(ctx, 2*tick, sleeper(100*tick, 1), sleeper(100*tick, 7))
			return err
		})
		requireCanceled(t, cancelAfter(t, ctx, 3*tick, task))
	})
	t.Run("outside a task", func(t *testing.T) {
		_, err := loop.StaggeredRace(t.Context(), 0, runner(fails))
		require.ErrorIs(t, err, loop.ErrNoTask)
	})
}

func ExampleStaggeredRace() {
	dial := func(address string, d time.Duration) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) { return address, loop.Sleep(ctx, d) }
	}
	r, err := loop.Run(context.Background(), func(ctx context.Context) (loop.Race[string], error) {
		return loop.StaggeredRace(ctx, time.Millisecond, dial("2001:db8::1", time.Hour), dial("192.0.2.1", 0))
	})
	fmt.Println(r.Value, r.Index, err)
	// Output: 192.0.2.1 1 <nil>
}
