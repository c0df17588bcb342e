package executor_test

import (
	"context"
	"iter"
	"math"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// slowly yields the numbers below n and then blocks until release is called.
func slowly(n int) (seq iter.Seq[int], release func()) {
	open := make(chan struct{})
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
		<-open
	}, func() { close(open) }
}

var mapOrders = map[string]executor.MapOptions{"ordered": {}, "unordered": {Unordered: true}, "in chunks": {Chunk: 2}}

// inNoTime runs a test with a clock that stands still until there is nothing to do.
func inNoTime(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// Results that are there do not wait for the next element of a slow source.
func TestMapYieldsWhatIsReadyWhileItsSourceBlocks(t *testing.T) {
	for name, opts := range mapOrders {
		t.Run(name, func(t *testing.T) {
			p := newPool(t, executor.ThreadConfig{Workers: 2})
			in, release := slowly(4)
			n := 0
			for v, err := range executor.Map(t.Context(), p, twofold.Bind, in, opts) {
				require.NoError(t, err)
				require.Zero(t, v%2)
				if n++; n == 4 {
					release() // the source is still blocked
				}
			}
			require.Equal(t, 4, n)
		})
	}
}

// A context that ends, and the time, end a Map whose source blocks.
func TestMapEndsWhileItsSourceBlocks(t *testing.T) {
	for name, opts := range mapOrders {
		inNoTime(t, name, func(t *testing.T) {
			p := newPool(t, executor.ThreadConfig{Workers: 2})
			in, release := slowly(2)
			defer release()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			var errs []error
			for _, err := range executor.Map(ctx, p, twofold.Bind, in, opts) {
				if err != nil {
					errs = append(errs, err)
				} else {
					time.AfterFunc(5*time.Millisecond, func() { cancel(errTest) })
				}
			}
			require.Equal(t, []error{errTest}, errs)

			in, release = slowly(2)
			defer release()
			opts.Timeout = 20 * time.Millisecond
			vs, errs := ranged(executor.Map(t.Context(), p, twofold.Bind, in, opts))
			require.Len(t, vs, 2)
			require.Len(t, errs, 1)
			require.ErrorIs(t, errs[0], future.ErrTimeout)
		})
	}
}

func TestMapWithANegativeTimeoutEndsAtOnce(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	for _, timeout := range []time.Duration{-1, math.MinInt64} {
		in, release := slowly(0)
		vs, errs := ranged(executor.Map(t.Context(), p, twofold.Bind, in, executor.MapOptions{Timeout: timeout}))
		release()
		require.Empty(t, vs)
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], future.ErrTimeout)
	}
	vs, errs := ranged(executor.Map(t.Context(), p, twofold.Bind, numbers(3), executor.MapOptions{Timeout: math.MaxInt64}))
	require.Equal(t, []int{0, 2, 4}, vs)
	require.Empty(t, errs)
}

// A source and a bind may panic or end their goroutine. The caller is told after the
// results of the elements before.
func TestMapSurvivesItsSource(t *testing.T) {
	breaks := map[string]func(){"panic": func() { panic("the source panics") }, "Goexit": runtime.Goexit}
	for name, fail := range breaks {
		for where, in := range map[string]iter.Seq[int]{
			"source": func(yield func(int) bool) {
				if yield(0) && yield(1) {
					fail()
				}
			},
			"bind": numbers(3),
		} {
			t.Run(name+" in "+where, func(t *testing.T) {
				p := newPool(t, executor.ThreadConfig{Workers: 2})
				bind := func(n int) executor.Call[int] {
					if n == 2 {
						fail()
					}
					return twofold.Bind(n)
				}
				vs, errs := ranged(executor.Map(t.Context(), p, bind, in, executor.MapOptions{}))
				require.Equal(t, []int{0, 2}, vs)
				require.Len(t, errs, 1)
				var p2 *future.PanicError
				require.ErrorAs(t, errs[0], &p2)
				require.Equal(t, name == "Goexit", p2.Goexit)
			})
		}
	}
}

// After a break the source ends: at once if it was parked, else when it yields.
func TestMapEndsItsSource(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	for _, opts := range mapOrders {
		cleaned := make(chan struct{})
		in := func(yield func(int) bool) {
			defer close(cleaned)
			for i := 0; yield(i); i++ {
			}
		}
		n := 0
		for _, err := range executor.Map(t.Context(), p, twofold.Bind, in, opts) {
			require.NoError(t, err)
			if n++; n == 30 {
				break
			}
		}
		<-cleaned
	}
}

// The room that the iteration makes while the puller is about to park is not lost: a
// source slower than sourceGrace and a small window bring the two together.
func TestMapGoesOnWhenRoomIsMadeWhileItsSourceStops(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for name, opts := range map[string]executor.MapOptions{
		"ordered": {Window: 1}, "unordered": {Window: 1, Unordered: true}, "in chunks": {Window: 2, Chunk: 6},
	} {
		t.Run(name, func(t *testing.T) {
			in := func(yield func(int) bool) {
				for i := range 300 {
					for began := time.Now(); time.Since(began) < 1100*time.Microsecond; {
						runtime.Gosched()
					}
					if !yield(i) {
						return
					}
				}
			}
			vs, errs := ranged(executor.Map(ctx, p, twofold.Bind, in, opts))
			require.Empty(t, errs)
			require.Len(t, vs, 300)
		})
	}
}

// A source that is about to yield when the iteration ends does not stay behind.
func TestMapLeavesNoSourceBehind(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	for range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		in := func(yield func(int) bool) {
			defer close(ended)
			go cancel()
			runtime.Gosched()
			yield(1)
			yield(2)
		}
		ranged(executor.Map(ctx, p, twofold.Bind, in, executor.MapOptions{Window: 1}))
		<-ended
	}
}

// Absurd numbers are limits like others.
func TestMapWithAbsurdNumbers(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	for _, opts := range []executor.MapOptions{
		{Window: math.MaxInt},
		{Chunk: math.MaxInt},
		{Window: 1, Chunk: math.MaxInt},
		{Window: math.MaxInt, Chunk: math.MaxInt},
		{Window: math.MinInt},
		{Window: -1, Chunk: math.MaxInt},
		{Window: 1, Chunk: 1},
	} {
		vs, errs := ranged(executor.Map(t.Context(), p, twofold.Bind, numbers(5), opts))
		require.Equal(t, []int{0, 2, 4, 6, 8}, vs, "%+v", opts)
		require.Empty(t, errs)
	}
	_, errs := ranged(executor.Map(t.Context(), p, twofold.Bind, numbers(5), executor.MapOptions{Chunk: math.MinInt}))
	require.Len(t, errs, 1)
	require.ErrorAs(t, errs[0], new(*executor.ConfigError))
}
