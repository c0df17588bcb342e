package executor_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// ranged collects what a map yields.
func ranged[R any](seq func(func(R, error) bool)) (vs []R, errs []error) {
	for v, err := range seq {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		vs = append(vs, v)
	}
	return vs, errs
}

func numbers(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func TestMapRunsClosuresInChunks(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	square := executor.Each(func(_ context.Context, n int) (int, error) {
		if n == 7 {
			return 0, errTest
		}
		return n * n, nil
	})
	vs, errs := ranged(executor.Map(t.Context(), p, square, numbers(7), executor.MapOptions{Chunk: 3}))
	require.Equal(t, []int{0, 1, 4, 9, 16, 25, 36}, vs)
	require.Empty(t, errs)
	vs, errs = ranged(executor.Map(t.Context(), p, square, numbers(20), executor.MapOptions{Chunk: 3}))
	require.Equal(t, []int{0, 1, 4, 9, 16, 25}, vs, "the chunk of 7 fails as a whole")
	require.Equal(t, []error{errTest}, errs)
	vs, errs = ranged(executor.Map(t.Context(), p, square, numbers(10), executor.MapOptions{Chunk: 3, KeepGoing: true}))
	require.Equal(t, []int{0, 1, 4, 9, 16, 25, 81}, vs)
	require.Equal(t, []error{&executor.MapError{Index: 6, Err: errTest}}, errs)
}

func TestMapThatKeepsGoingSaysWhichElementFailed(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	odd := executor.Each(func(_ context.Context, n int) (int, error) {
		if n%2 == 1 {
			return 0, fmt.Errorf("%d is odd: %w", n, errTest)
		}
		return n, nil
	})
	for _, unordered := range []bool{false, true} {
		_, errs := ranged(executor.Map(t.Context(), p, odd, numbers(6), executor.MapOptions{KeepGoing: true, Unordered: unordered}))
		var failed []int
		for _, err := range errs {
			var me *executor.MapError
			require.ErrorAs(t, err, &me)
			require.ErrorIs(t, err, errTest)
			require.EqualError(t, err, fmt.Sprintf("element %d: %d is odd: %v", me.Index, me.Index, errTest))
			failed = append(failed, me.Index)
		}
		require.ElementsMatch(t, []int{1, 3, 5}, failed)
	}
}

func TestAZeroCallInAChunkIsItsError(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	for _, zero := range []int{0, 1} {
		bind := func(n int) executor.Call[int] {
			if n == zero {
				return executor.Call[int]{}
			}
			return twofold.Bind(n)
		}
		vs, errs := ranged(executor.Map(t.Context(), p, bind, numbers(3), executor.MapOptions{Chunk: 3}))
		require.Empty(t, vs)
		require.Equal(t, []error{executor.ErrNoCall}, errs)
	}
}

func TestMapMayMixFunctionsInAChunk(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	bind := func(n int) executor.Call[int] {
		switch n % 3 {
		case 0:
			return twofold.Bind(n)
		case 1:
			return executor.Func(func(context.Context) (int, error) { return -n, nil })
		default:
			return threefold.Bind(n)
		}
	}
	vs, errs := ranged(executor.Map(t.Context(), p, bind, numbers(6), executor.MapOptions{Chunk: 3}))
	require.Empty(t, errs)
	require.Equal(t, []int{0, -1, 6, 6, -4, 15}, vs)
	same := func(int) executor.Call[int] { return processID.Bind() }
	vs, errs = ranged(executor.Map(t.Context(), p, same, numbers(4), executor.MapOptions{Chunk: 2}))
	require.Empty(t, errs)
	require.Len(t, vs, 4)
}

var threefold = executor.Register("test.threefold", func(_ context.Context, n int) (int, error) { return 3 * n, nil })

func TestMapOnAPoolThatWasShutDownYieldsThatError(t *testing.T) {
	p, err := executor.NewThreadPool(executor.ThreadConfig{})
	require.NoError(t, err)
	require.NoError(t, p.Shutdown(t.Context()))
	for _, opts := range []executor.MapOptions{{}, {Unordered: true}, {Window: -1}, {Chunk: 2}, {KeepGoing: true}} {
		vs, errs := ranged(executor.Map(t.Context(), p, twofold.Bind, numbers(10), opts))
		require.Empty(t, vs)
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], executor.ErrShutdown)
	}
}

func TestMapEndsWithItsContextAndCancelsTheRest(t *testing.T) {
	for name, unordered := range map[string]bool{"ordered": false, "as completed": true} {
		t.Run(name, func(t *testing.T) {
			p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 2})
			require.NoError(t, err)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			entered, canceled := make(chan int, 2), make(chan error, 2)
			work := executor.Each(func(ctx context.Context, n int) (int, error) {
				if n == 0 {
					return 0, nil
				}
				entered <- n
				<-ctx.Done()
				canceled <- context.Cause(ctx)
				return 0, ctx.Err()
			})
			var errs []error
			for _, err := range executor.Map(ctx, p, work, numbers(3), executor.MapOptions{Unordered: unordered, KeepGoing: true}) {
				if err != nil {
					errs = append(errs, err)
					continue
				}
				<-entered // one that is still queued would never run
				cancel(errTest)
			}
			require.Equal(t, []error{errTest}, errs)
			require.NoError(t, p.Shutdown(t.Context()))
			require.ErrorIs(t, <-canceled, errTest)
		})
	}
}

func TestMapTakesNothingMoreAfterABreak(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	var taken atomic.Int64 // on a busy machine the input runs at the same time as the loop
	endless := func(yield func(int) bool) {
		for yield(int(taken.Load())) {
			taken.Add(1)
		}
	}
	const window, wanted = 3, 10
	yielded := 0
	for _, err := range executor.Map(t.Context(), p, twofold.Bind, endless, executor.MapOptions{Window: window, Unordered: true}) {
		require.NoError(t, err)
		if yielded++; yielded == wanted {
			break
		}
	}
	require.LessOrEqual(t, taken.Load(), int64(wanted+window), "what was yielded, and the window")
}

func TestACallbackThatBlocksOtherwiseDoesNotHoldUpTheNextJob(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	call, entered, release := blocker()
	f := give(t, p, call)
	<-entered
	require.Len(t, p.Running(), 1)
	done := make(chan bool)
	f.OnDone(func() {
		inner, err := executor.Submit(context.Background(), p, executor.Func(one))
		if err != nil {
			done <- false
			return
		}
		<-inner.Done() // the pool cannot know of this wait
		done <- inner.State() == future.StateFinished
	})
	release()
	require.True(t, <-done)
	require.Contains(t, []int{1, 2}, p.Stats().Workers)
}

// A second range ran everything again, or failed, or yielded nothing, as the
// options had it.
func TestMapIsRangedOverOnce(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	for _, opts := range []executor.MapOptions{{}, {Window: -1}, {Timeout: patience}} {
		seq := executor.Map(t.Context(), p, twofold.Bind, numbers(3), opts)
		vs, errs := ranged(seq)
		require.Equal(t, []int{0, 2, 4}, vs)
		require.Empty(t, errs)
		vs, errs = ranged(seq)
		require.Empty(t, vs)
		require.Empty(t, errs)
	}
}
