package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var _ = port("executor/08-map-order", func(o *out) {
	var finished []int
	lastDone := make(chan struct{})
	work := executor.Each(func(_ context.Context, i int) (int, error) {
		if i == 0 {
			<-lastDone // the first item finishes last
		}
		finished = append(finished, i)
		if i == 3 {
			close(lastDone)
		}
		return i * i, nil
	})
	one := executor.MapOptions{Window: -1} // as Python: the whole input at the call
	// Two workers, the first of which is held by item 0: the rest runs on
	// the other, one at a time, so that finished needs no lock.
	pool := threads(o, 2)
	var trace []string
	inputs := func(yield func(int) bool) {
		for i := range 4 {
			trace = append(trace, fmt.Sprint("read-", i))
			if !yield(i) {
				return
			}
		}
	}
	results := executor.Map(bg, pool, work, inputs, one)
	o.Print("read before iterating:", words(trace))
	line := []any{"results:"}
	for v, err := range results {
		require.NoError(o, err)
		line = append(line, v)
	}
	o.Print(line...)
	o.Print("finished:", words(finished))
	// Go has one input: zip it first, and the shortest wins.
	type pair struct{ a, b int }
	add := executor.Each(func(_ context.Context, p pair) (int, error) { return p.a + p.b, nil })
	o.Print("shortest input wins:", words(must[[]int](o)(collect(pool, add, []pair{{1, 10}, {2, 20}}, one))))
	o.Print("empty input:", len(must[[]int](o)(collect(pool, work, nil, one))))
	require.NoError(o, pool.Shutdown(bg))

	pool = threads(o, 1)
	broken := func(yield func(int) bool) {
		if yield(5) {
			panic("input failed")
		}
	}
	func() {
		defer func() { o.Print("failing input, at the call:", recover()) }()
		executor.Map(bg, pool, work, broken, one)
	}()
	next, stop := pull2(executor.Map(bg, pool, work, slices.Values([]int{6, 7, 8, 9}), one))
	o.Print("partly read:", next(), next())
	require.NoError(o, pool.Shutdown(bg))
	rest := slices.Sorted(slices.Values(finished))
	o.Print("all done in spite of that:", words(rest[len(rest)-4:]))
	o.Print("rest:", next(), next())
	stop()
	o.Print("item before the input failure ran too:", yes(slices.Contains(finished, 5)))
})

var tagCalls int

type tagArgs struct{ I, Factor int }

type tag struct{ Value, PID, Calls int }

var tagging = executor.Register("conformance.tag", func(_ context.Context, a tagArgs) (tag, error) {
	tagCalls++
	return tag{a.I * a.Factor, os.Getpid(), tagCalls}, nil
})

var _ = port("executor/10-map-chunksize", func(o *out) {
	values := func(rows []tag) (vs []int) {
		for _, r := range rows {
			vs = append(vs, r.Value)
		}
		return vs
	}
	inputs := func(xs ...int) (as []tagArgs) {
		for _, x := range xs {
			as = append(as, tagArgs{x, 1})
		}
		return as
	}
	pool := processes(o, executor.ProcessConfig{Workers: 2})
	rows := must[[]tag](o)(collect(pool, tagging.Bind, inputs(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), executor.MapOptions{Chunk: 4}))
	o.Print("results:", words(values(rows)))
	for _, start := range []int{0, 4, 8} {
		chunk := rows[start:min(start+4, len(rows))]
		oneWorker, inARow := true, true
		for i, r := range chunk {
			oneWorker = oneWorker && r.PID == chunk[0].PID
			inARow = inARow && r.Calls-chunk[0].Calls == i
		}
		o.Printf("chunk at %d: %d items, one worker %s / uninterrupted %s", start, len(chunk), yes(oneWorker), yes(inARow))
	}
	rows = must[[]tag](o)(collect(pool, tagging.Bind, []tagArgs{{1, 10}, {2, 20}, {3, 30}}, executor.MapOptions{Chunk: 2}))
	o.Print("two inputs:", words(values(rows)))
	rows = must[[]tag](o)(collect(pool, tagging.Bind, inputs(7, 8), executor.MapOptions{Chunk: 100}))
	o.Print("oversized chunk:", words(values(rows)))
	rows = must[[]tag](o)(collect(pool, tagging.Bind, nil, executor.MapOptions{Chunk: 3}))
	o.Print("empty:", len(rows))
	// Zero is the default in Go; less is refused, by every pool.
	_, err := collect(pool, tagging.Bind, inputs(1), executor.MapOptions{Chunk: -1})
	o.Print("chunk size zero:", valueErrorOr(err))
	o.Print("chunk size negative:", valueErrorOr(err))
	require.NoError(o, pool.Shutdown(bg))
	small := threads(o, 1)
	rows = must[[]tag](o)(collect(small, tagging.Bind, inputs(1, 2), executor.MapOptions{}))
	o.Print("thread pool ignores it:", len(rows))
	require.NoError(o, small.Shutdown(bg))
})

func valueErrorOr(err error) string {
	if errors.As(err, new(*executor.ConfigError)) {
		return "value-error"
	}
	return fmt.Sprint(err)
}
