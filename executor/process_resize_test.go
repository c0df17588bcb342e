package executor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// held says by progress and by an event that it runs, and waits for another event;
// without events it does neither. It returns its number.
var held = executor.Register("test.held", func(ctx context.Context, h holder) (int, error) {
	executor.Progress(ctx, h.N)
	if h.Entered != nil {
		h.Entered.Set()
	}
	if h.Open != nil {
		return h.N, h.Open.Wait(ctx)
	}
	return h.N, nil
})

// holdUp is an initializer that waits for an event.
var holdUp = executor.RegisterNoResult("test.holdUp", func(ctx context.Context, h holder) error { return h.Open.Wait(ctx) })

type holder struct {
	N             int
	Entered, Open *shared.Event
}

func newHolder(t *testing.T, n int) holder {
	t.Helper()
	entered, err := shared.NewEvent()
	require.NoError(t, err)
	open, err := shared.NewEvent()
	require.NoError(t, err)
	t.Cleanup(func() {
		open.Set()
		require.NoError(t, entered.Close())
		require.NoError(t, open.Close())
	})
	return holder{N: n, Entered: entered, Open: open}
}

func (h holder) awaitEntered(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, h.Entered.Wait(ctx))
}

func TestProcessResizeStartsWorkersForQueuedCallsAndSendsIdleOnesAway(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
	var holders []holder
	var futures []*future.Future[int]
	for i := range 3 {
		h := newHolder(t, i)
		holders = append(holders, h)
		futures = append(futures, submit(t, p, held.Bind(h)))
	}
	holders[0].awaitEntered(t)
	require.Equal(t, 2, p.Stats().Queued)
	require.NoError(t, p.Resize(3))
	require.Equal(t, 3, p.Stats().Workers, "at once")
	for _, h := range holders {
		h.awaitEntered(t)
	}
	require.Equal(t, 3, p.Stats().Running)
	for i, h := range holders {
		h.Open.Set()
		require.Equal(t, i, resultOf(t, futures[i]))
	}
	require.Eventually(t, func() bool { return p.Stats().Idle == 3 }, patience, tick)
	require.NoError(t, p.Resize(1))
	require.Equal(t, 1, p.Stats().Idle, "at once")
	require.Eventually(t, func() bool { return p.Stats().Workers == 1 }, patience, tick)
	require.Equal(t, 1, p.Stats().MaxWorkers)
	require.Equal(t, 42, resultOf(t, submit(t, p, double.Bind(21))))
	var bad *executor.ConfigError
	require.ErrorAs(t, p.Resize(0), &bad)
	require.Equal(t, 1, p.Stats().MaxWorkers)
}

func TestABusyProcessTooManyLeavesAfterItsCall(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 3, MaxPending: 1, Logger: quiet})
	var holders []holder
	var futures []*future.Future[int]
	for i := range 3 {
		h := newHolder(t, i)
		holders = append(holders, h)
		futures = append(futures, submit(t, p, held.Bind(h)))
		h.awaitEntered(t)
	}
	require.NoError(t, p.Resize(1))
	require.Equal(t, 3, p.Stats().Running, "no call is interrupted")
	queued := submit(t, p, double.Bind(1))
	_, err := executor.TrySubmit(t.Context(), p, double.Bind(1))
	require.ErrorIs(t, err, executor.ErrQueueFull)
	for i := range 2 {
		holders[i].Open.Set()
		require.Equal(t, i, resultOf(t, futures[i]))
		require.Eventually(t, func() bool { return p.Stats().Workers == 2-i }, patience, tick)
		require.False(t, queued.IsDone(), "a worker too many takes nothing more")
	}
	holders[2].Open.Set()
	require.Equal(t, 2, resultOf(t, futures[2]))
	require.Equal(t, 2, resultOf(t, queued))
	require.Equal(t, 1, p.Stats().Workers)
}

// A worker that was one too many is not, if the limit is raised before its call
// has ended.
func TestProcessResizeToAndFro(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Logger: quiet})
	a, b := newHolder(t, 1), newHolder(t, 2)
	fa, fb := submit(t, p, held.Bind(a)), submit(t, p, held.Bind(b))
	a.awaitEntered(t)
	b.awaitEntered(t)
	require.NoError(t, p.Resize(1))
	require.NoError(t, p.Resize(2))
	a.Open.Set()
	b.Open.Set()
	resultOf(t, fa)
	resultOf(t, fb)
	require.Eventually(t, func() bool { return p.Stats().Idle == 2 }, patience, tick)
}

// What waits inside workers is taken back when one of them is to leave.
func TestProcessResizeTakesBackWhatWasSentAhead(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 2, Logger: quiet})
	require.NoError(t, p.Ready(t.Context()))
	// The function is known to take some milliseconds: one call is sent ahead
	// behind such a one if many wait, and not taken back before twice that time.
	for range 5 {
		_, err := await(t, submit(t, p, nap.Bind(4*time.Millisecond).Named("slow")))
		require.NoError(t, err)
	}
	// Both workers are kept until the queue is long.
	first := []holder{newHolder(t, 0), newHolder(t, 0)}
	var futures []*future.Future[int]
	for _, h := range first {
		futures = append(futures, submit(t, p, held.Bind(h)))
		h.awaitEntered(t)
	}
	second := newHolder(t, 1)
	for range 8 {
		futures = append(futures, submit(t, p, held.Bind(second).Named("slow")))
	}
	for i, h := range first {
		h.Open.Set()
		resultOf(t, futures[i])
	}
	require.NoError(t, p.Resize(1))
	_, _, ahead := p.Waits()
	require.Zero(t, ahead)
	second.Open.Set()
	for _, f := range futures {
		_, err := await(t, f)
		require.NoError(t, err, "no call is lost")
	}
	require.Eventually(t, func() bool { return p.Stats().Workers == 1 }, patience, tick)
}

func TestProcessResizeWhileWorkersComeUp(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 4, Logger: quiet})
	var futures []*future.Future[int]
	for i := range 8 {
		futures = append(futures, submit(t, p, double.Bind(i)))
	}
	require.NoError(t, p.Resize(1))
	for i, f := range futures {
		require.Equal(t, 2*i, resultOf(t, f))
	}
	require.Eventually(t, func() bool { return p.Stats().Workers == 1 }, patience, tick)
	require.NoError(t, p.Ready(t.Context()))
	require.NoError(t, p.Resize(3))
	require.NoError(t, p.Ready(t.Context()))
	require.Equal(t, 3, p.Stats().Idle)
}

func TestProcessResizeAfterTheEnd(t *testing.T) {
	t.Run("a pool that is shut down finishes with more workers", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
		a, b := newHolder(t, 1), newHolder(t, 2)
		fa, fb := submit(t, p, held.Bind(a)), submit(t, p, held.Bind(b))
		a.awaitEntered(t)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, p.Shutdown(ended))
		require.NoError(t, p.Resize(2))
		b.awaitEntered(t)
		a.Open.Set()
		b.Open.Set()
		resultOf(t, fa)
		resultOf(t, fb)
		require.NoError(t, p.Shutdown(t.Context()))
		require.NoError(t, p.Resize(5))
		require.Zero(t, p.Stats().Workers)
		_, err := executor.Submit(t.Context(), p, double.Bind(1))
		require.ErrorIs(t, err, executor.ErrShutdown)
	})
	t.Run("a broken pool", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, BreakOnCrash: true, Logger: quiet})
		_, err := await(t, submit(t, p, exitWith.Bind(1)))
		require.ErrorIs(t, err, executor.ErrBroken)
		require.NoError(t, p.Resize(3))
		require.Equal(t, 3, p.Stats().MaxWorkers)
		require.ErrorIs(t, p.Ready(t.Context()), executor.ErrBroken)
		require.NoError(t, p.Shutdown(t.Context()))
		require.Zero(t, p.Stats().Workers)
	})
}
