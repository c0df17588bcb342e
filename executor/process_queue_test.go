package executor_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestProcessCallsThatWaitLongAreReported(t *testing.T) {
	var log exampletest.Buffer
	p := newProcessPool(t, executor.ProcessConfig{Name: "busy", Workers: 1, WarnAfter: 20 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, p.Ready(t.Context()))
	culprit := newHolder(t, 1)
	running := submit(t, p, held.Bind(culprit).Named("culprit"))
	culprit.awaitEntered(t)
	require.False(t, p.Watching(), "nothing waits")
	begin := time.Now()
	low := submit(t, p, double.Bind(1).Named("low"))
	high := submit(t, p, double.Bind(2).Named("high").WithPriority(1))
	require.Eventually(t, func() bool { return log.Count("wait long") >= 2 }, patience, tick, "again after each such time")
	require.GreaterOrEqual(t, time.Since(begin), 40*time.Millisecond)
	require.Positive(t, log.Count("level=WARN"))
	require.Positive(t, log.Count(`pool=busy queued=2 next=high waited=`))
	require.Positive(t, log.Count(`running=1 longest="culprit for `))
	require.Positive(t, log.Count(fmt.Sprintf("pid=%d", runningPID(t, p))))
	culprit.Open.Set()
	resultOf(t, running)
	resultOf(t, low)
	resultOf(t, high)
	require.Eventually(t, func() bool { return !p.Watching() }, patience, tick, "there is no queue any more")
}

// What was sent ahead is in no queue; once it is taken back it waits.
func TestProcessCallsThatWereTakenBackAreReported(t *testing.T) {
	var log exampletest.Buffer
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, WarnAfter: 20 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 200 {
		resultOf(t, submit(t, p, held.Bind(holder{})))
	}
	blocker, long := newHolder(t, 0), newHolder(t, 1)
	submit(t, p, held.Bind(blocker))
	blocker.awaitEntered(t)
	submit(t, p, held.Bind(long).WithPriority(1))
	victim := submit(t, p, held.Bind(holder{}))
	blocker.Open.Set()
	long.awaitEntered(t)
	before := log.Count("wait long")
	require.Eventually(t, func() bool { return log.Count("wait long") > before }, patience, tick)
	long.Open.Set()
	resultOf(t, victim)
}

// Without a running call the workers that come up are what is waited for.
func TestProcessCallsThatWaitForTheFirstWorkerAreReported(t *testing.T) {
	var log exampletest.Buffer
	gate := newHolder(t, 0)
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, WarnAfter: 5 * time.Millisecond, Initializer: holdUp.Bind(gate), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	f := submit(t, p, double.Bind(1))
	require.Eventually(t, func() bool { return log.Count("starting=1 running=0") > 0 }, patience, tick)
	gate.Open.Set()
	resultOf(t, f)
}

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

func TestTheLargestMaxPendingIsNoLimit(t *testing.T) {
	for _, limit := range []int{math.MaxInt, math.MaxInt - 1} {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 2, MaxPending: limit})
		f, err := executor.TrySubmit(t.Context(), p, twofold.Bind(4))
		require.NoError(t, err)
		require.Equal(t, 8, resultOf(t, f))
	}
}
