//go:build linux

package executor_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// starts notes in which order calls of held begin, as their reports say.
type starts struct {
	mu    sync.Mutex
	order []int
}

func (s *starts) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order = append(s.order, n)
}

func (s *starts) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.order)
}

func (s *starts) submit(t *testing.T, p *executor.ProcessPool, h holder, priority int) *future.Future[int] {
	t.Helper()
	f, err := executor.Submit(executor.WithProgress(context.Background(), s.add), p, held.Bind(h).WithPriority(priority))
	require.NoError(t, err)
	return f
}

func TestProcessCallsOfHigherPriorityBeginFirst(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Prefetch: -1, Logger: quiet})
	var began starts
	blocker := newHolder(t, 0)
	began.submit(t, p, blocker, 0)
	blocker.awaitEntered(t)
	var futures []*future.Future[int]
	for i, priority := range []int{-1, 0, 5, 0, 5, -1} {
		futures = append(futures, began.submit(t, p, holder{N: 10*priority + i}, priority))
	}
	blocker.Open.Set()
	for _, f := range futures {
		resultOf(t, f)
	}
	require.Equal(t, []int{0, 52, 54, 1, 3, -10, -5}, began.order)
}

// Calls that were sent ahead, and taken back because the call before them turned
// out to be long, do not overtake those of a higher priority that came later, nor
// each other.
func TestProcessCallsThatWereTakenBackKeepTheirPriority(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
	// The function is known to be short, so that calls of it are sent ahead.
	for range 200 {
		resultOf(t, submit(t, p, held.Bind(holder{})))
	}
	var began starts
	blocker, long := newHolder(t, 0), newHolder(t, 1)
	began.submit(t, p, blocker, 9)
	blocker.awaitEntered(t)
	futures := []*future.Future[int]{began.submit(t, p, long, 8)}
	for n := 10; n < 16; n++ {
		futures = append(futures, began.submit(t, p, holder{N: n}, n%2))
	}
	blocker.Open.Set()
	// The report of the long call, too, lets the pool send calls ahead.
	require.Eventually(t, func() bool { return began.count() == 2 }, patience, tick)
	require.Eventually(t, func() bool { _, _, ahead := p.Waits(); return ahead == 0 }, patience, tick)
	for n := 20; n < 26; n++ {
		futures = append(futures, began.submit(t, p, holder{N: n}, n%2))
	}
	futures = append(futures, began.submit(t, p, holder{N: 30}, 2))
	long.Open.Set()
	for _, f := range futures {
		resultOf(t, f)
	}
	require.Equal(t, []int{0, 1, 30, 11, 13, 15, 21, 23, 25, 10, 12, 14, 20, 22, 24}, began.order)
}
