package executor_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

func TestPrioritiesAtTheEndsOfTheirRangeKeepTheirOrder(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})
	call, entered, release := blocker()
	first := give(t, p, call)
	<-entered
	var order []int
	priorities := []int{0, math.MinInt, math.MaxInt, -1, 1, math.MinInt + 1, math.MaxInt - 1}
	for _, priority := range priorities {
		give(t, p, executor.Action(func(context.Context) error {
			order = append(order, priority)
			return nil
		}).WithPriority(priority))
	}
	release()
	resultOf(t, first)
	require.NoError(t, p.Shutdown(t.Context()))
	require.Equal(t, []int{math.MaxInt, math.MaxInt - 1, 1, 0, -1, math.MinInt + 1, math.MinInt}, order)
}

func TestABrokenThreadPoolSettlesEveryJobThoughACallbackEndsItsGoroutine(t *testing.T) {
	gate := make(chan struct{})
	p := newPool(t, executor.ThreadConfig{
		Name:    "broken", // as requireInitError wants it
		Workers: 1,
		Initializer: executor.Action(func(context.Context) error {
			<-gate
			return errors.New("no")
		}),
	})
	first, second, third := give(t, p, executor.Func(one)), give(t, p, executor.Func(one)), give(t, p, executor.Func(one))
	first.OnDone(runtime.Goexit)
	second.OnDone(runtime.Goexit)
	close(gate)
	for _, f := range []*future.Future[int]{first, second, third} {
		_, err := f.Await(t.Context())
		requireInitError(t, err)
	}
	require.NoError(t, p.Shutdown(t.Context()))
}
