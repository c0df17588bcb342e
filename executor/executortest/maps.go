package executortest

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var mapCases = []testCase{
	{"map gives results in the order of the input", mapOrder},                        // ExecutorTest.test_map
	{"map ends at the first error, in its place", mapError},                          // ExecutorTest.test_map_exception
	{"map ends when its time has run out", mapTimeout},                               // ExecutorTest.test_map_timeout
	{"map in chunks gives the same results", mapChunks},                              // ProcessPoolExecutorTest.test_map_chunksize
	{"map of an infinite input takes no more than its window", mapInfinite},          //
	{"map as completed gives each result once", mapUnordered},                        //
	{"map that keeps going yields errors and results", mapKeepsGoing},                //
	{"map that is broken off cancels the rest", mapBreak},                            //
	{"shutdown right after map loses nothing", mapShutdownRace},                      // ExecutorTest.test_shutdown_race_issue12456
	{"a chunk size that has no sense is an error that names the field", mapBadChunk}, // ProcessPoolExecutorTest.test_map_chunksize
}

func squares(n int) (in []powArgs, want []int) {
	for i := range n {
		in, want = append(in, powArgs{i, 2}), append(want, i*i)
	}
	return in, want
}

// collect ranges over a map until it ends or yields an error.
func collect[R any](t *testing.T, seq func(func(R, error) bool)) (vs []R, err error) {
	t.Helper()
	for v, e := range seq {
		if e != nil {
			err = e
			continue
		}
		vs = append(vs, v)
	}
	return vs, err
}

func mapOrder(t *testing.T, ex executor.Executor) {
	in, want := squares(100)
	for _, window := range []int{0, 1, 7, -1} {
		got, err := collect(t, executor.Map(t.Context(), ex, pow.Bind, slices.Values(in), executor.MapOptions{Window: window}))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func mapError(t *testing.T, ex executor.Executor) {
	in := [][2]int{{4, 2}, {9, 3}, {1, 0}, {5, 5}}
	got, err := collect(t, executor.Map(t.Context(), ex, divide.Bind, slices.Values(in), executor.MapOptions{}))
	require.ErrorIs(t, err, errDivision)
	require.Equal(t, []int{2, 3}, got)
}

func mapTimeout(t *testing.T, ex executor.Executor) {
	open, shut := newGate(t, "a"), newGate(t, "b")
	open.open(t)
	in := []gate{open, open, shut}
	// The two that can end do so before the time begins.
	for range 2 {
		result(t, submit(t, ex, hold.Bind(open)))
	}
	got, err := collect(t, executor.Map(t.Context(), ex, hold.Bind, slices.Values(in), executor.MapOptions{Timeout: time.Second}))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "1s")
	require.Equal(t, []string{"a", "a"}, got)
}

func mapChunks(t *testing.T, ex executor.Executor) {
	in, want := squares(40)
	for _, opts := range []executor.MapOptions{{Chunk: 6}, {Chunk: 40}, {Chunk: 50}, {Chunk: 1}, {Chunk: 6, Window: -1}, {Chunk: 6, Window: 2}} {
		got, err := collect(t, executor.Map(t.Context(), ex, pow.Bind, slices.Values(in), opts))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	bad := [][2]int{{1, 1}, {2, 1}, {3, 1}, {4, 0}}
	got, err := collect(t, executor.Map(t.Context(), ex, divide.Bind, slices.Values(bad), executor.MapOptions{Chunk: 2}))
	require.ErrorIs(t, err, errDivision)
	require.Equal(t, []int{1, 2}, got, "an error fails its whole chunk")
}

func mapInfinite(t *testing.T, ex executor.Executor) {
	var taken atomic.Int64 // on a busy machine the input runs at the same time as the loop
	endless := func(yield func(powArgs) bool) {
		for yield(powArgs{int(taken.Load()), 1}) {
			taken.Add(1)
		}
	}
	var got []int
	for v, err := range executor.Map(t.Context(), ex, pow.Bind, endless, executor.MapOptions{Window: 5}) {
		require.NoError(t, err)
		require.LessOrEqual(t, int(taken.Load()), len(got)+6)
		if got = append(got, v); len(got) == 20 {
			break
		}
	}
	require.Len(t, got, 20)
	require.Equal(t, 19, got[19])
}

func mapUnordered(t *testing.T, ex executor.Executor) {
	slow, quick := newGate(t, "slow"), newGate(t, "quick")
	quick.open(t)
	var got []string
	for v, err := range executor.Map(t.Context(), ex, hold.Bind, slices.Values([]gate{slow, quick}), executor.MapOptions{Unordered: true}) {
		require.NoError(t, err)
		if got = append(got, v); v == "quick" {
			slow.open(t)
		}
	}
	require.Equal(t, []string{"quick", "slow"}, got)

	in, want := squares(100)
	all, err := collect(t, executor.Map(t.Context(), ex, pow.Bind, slices.Values(in), executor.MapOptions{Unordered: true, Chunk: 3}))
	require.NoError(t, err)
	slices.Sort(all)
	require.Equal(t, want, all)
}

func mapKeepsGoing(t *testing.T, ex executor.Executor) {
	in := [][2]int{{4, 2}, {1, 0}, {9, 3}, {2, 0}}
	var got []int
	errs := 0
	for v, err := range executor.Map(t.Context(), ex, divide.Bind, slices.Values(in), executor.MapOptions{KeepGoing: true}) {
		if err != nil {
			require.ErrorIs(t, err, errDivision)
			errs++
			continue
		}
		got = append(got, v)
	}
	require.Equal(t, []int{2, 3}, got)
	require.Equal(t, 2, errs)
}

func mapBreak(t *testing.T, ex executor.Executor) {
	open, shut := newGate(t, "a"), newGate(t, "b")
	open.open(t)
	for v, err := range executor.Map(t.Context(), ex, hold.Bind, slices.Values([]gate{open, shut, shut, shut}), executor.MapOptions{Window: -1}) {
		require.NoError(t, err)
		require.Equal(t, "a", v)
		break
	}
	shutdown(t, ex) // the jobs that hold at the shut gate would not end by themselves
}

func mapShutdownRace(t *testing.T, ex executor.Executor) {
	in, want := squares(60)
	seq := executor.Map(t.Context(), ex, pow.Bind, slices.Values(in), executor.MapOptions{Window: -1})
	shutdown(t, ex)
	got, err := collect(t, seq)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func mapBadChunk(t *testing.T, ex executor.Executor) {
	_, err := collect(t, executor.Map(t.Context(), ex, pow.Bind, slices.Values([]powArgs{{1, 1}}), executor.MapOptions{Chunk: -1}))
	var ce *executor.ConfigError
	require.ErrorAs(t, err, &ce)
	require.Equal(t, "MapOptions.Chunk", ce.Field)
}
