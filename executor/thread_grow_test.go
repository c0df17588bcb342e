package executor_test

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

func TestABurstOfShortJobsStartsFewWorkers(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 4096})
	for range 10 {
		fs := make([]*future.Future[int], 1000)
		for i := range fs {
			fs[i] = give(t, p, executor.Func(one))
		}
		for _, f := range fs {
			resultOf(t, f)
		}
	}
	require.Less(t, p.Stats().Workers, 500)
}

// A barrier is a job that ends when as many as it has members have begun: all of them
// must run at the same time.
type barrier struct{ members sync.WaitGroup }

func newBarrier(n int) *barrier {
	b := new(barrier)
	b.members.Add(n)
	return b
}

func (b *barrier) meet(context.Context) (int, error) {
	b.members.Done()
	b.members.Wait()
	return 0, nil
}

func TestAThousandJobsThatBlockRunAtOnce(t *testing.T) {
	const n = 1000
	p := newPool(t, executor.ThreadConfig{Workers: n})
	for range 3 {
		b := newBarrier(n)
		fs := make([]*future.Future[int], n)
		for i := range fs {
			fs[i] = give(t, p, executor.Func(b.meet))
		}
		for _, f := range fs {
			resultOf(t, f)
		}
	}
	require.Equal(t, n, p.Stats().Workers)
}

// TestNoJobWaitsForAnotherWhileAWorkerCouldBeStarted gives a pool short jobs and
// jobs that wait for each other in any order, as many as its limit lets run at once. It ends only
// if the pool starts a worker for each that needs one.
func TestNoJobWaitsForAnotherWhileAWorkerCouldBeStarted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		groups := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 6).Draw(rt, "groups")
		limit := 0
		var jobs []executor.Call[int]
		for _, n := range groups {
			limit += n
			b := newBarrier(n)
			for range n {
				jobs = append(jobs, executor.Func(b.meet))
			}
		}
		for range rapid.IntRange(0, 300).Draw(rt, "short") {
			jobs = append(jobs, executor.Func(one))
		}
		jobs = rapid.Permutation(jobs).Draw(rt, "order")
		pending := rapid.SampledFrom([]int{0, 0, 1, 50}).Draw(rt, "MaxPending")
		pause := rapid.SampledFrom([]int{1, 10, 1000}).Draw(rt, "pause")
		warm := rapid.IntRange(0, limit).Draw(rt, "warm")

		p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: limit, MaxPending: pending})
		require.NoError(rt, err)
		b := newBarrier(warm)
		var fs []*future.Future[int]
		for range warm {
			fs = append(fs, give(t, p, executor.Func(b.meet)))
		}
		for i, job := range jobs {
			fs = append(fs, give(t, p, job))
			if i%pause == pause-1 {
				runtime.Gosched()
			}
		}
		require.NoError(rt, p.Shutdown(context.Background()))
		for _, f := range fs {
			require.True(rt, f.IsDone())
		}
	})
}

func TestAWorkerThatIsStartedTakesTheFirstOfTheQueue(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})
	var order []string
	note := func(name string) executor.Call[int] {
		return executor.Func(func(context.Context) (int, error) {
			order = append(order, name)
			return 0, nil
		})
	}
	p.PretendComing(1 << 20)
	first := give(t, p, note("first")) // waits for one of those
	p.PretendComing(0)
	second := give(t, p, note("second"))
	resultOf(t, first)
	resultOf(t, second)
	require.Equal(t, []string{"first", "second"}, order)
}
