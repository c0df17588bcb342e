package executor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// betweenCtx runs a function when the wait for room asks whose goroutine it is on:
// the caller is among those that wait then, and does not wait yet.
type betweenCtx struct {
	context.Context
	between func()
}

func (c betweenCtx) Value(key any) any {
	if key == whose.Key {
		c.between()
	}
	return c.Context.Value(key)
}

type measured interface {
	executor.Executor
	Stats() executor.Stats
}

var awaitEvent = executor.RegisterNoResult("test.awaitEvent", func(ctx context.Context, e *shared.Event) error { return e.Wait(ctx) })

// fullPools calls test with a pool of each kind that has one worker and one place
// in its queue, both taken by calls that end when release is called.
func fullPools(t *testing.T, test func(t *testing.T, p measured, release func())) {
	t.Run("threads", func(t *testing.T) {
		p := newPool(t, executor.ThreadConfig{Workers: 1, MaxPending: 1})
		call, entered, release := blocker()
		defer release()
		give(t, p, call)
		<-entered
		give(t, p, call)
		test(t, p, release)
	})
	t.Run("processes", func(t *testing.T) {
		gate, err := shared.NewEvent()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, gate.Close()) }) // after the pool, whose cleanup runs first
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, MaxPending: 1, Prefetch: -1})
		release := gate.Set
		defer release()
		give(t, p, awaitEvent.Bind(gate))
		runningPID(t, p)
		give(t, p, awaitEvent.Bind(gate))
		test(t, p, release)
	})
}

// An error of Submit means that nothing was accepted, in the instant too in which a
// place becomes free for a caller that may not wait.
func TestSubmitThatMayNotWaitReturnsNoErrorWhenItsJobWasAccepted(t *testing.T) {
	fullPools(t, func(t *testing.T, p measured, release func()) {
		l := loop.New(loop.Config{})
		var accepted bool
		var failed error
		_, err := l.CallSoon(func() {
			ctx := betweenCtx{context.WithoutCancel(l.Context()), func() {
				if p.Stats().WaitingFor == 0 {
					return
				}
				release()
				for p.Stats().WaitingFor > 0 {
					time.Sleep(tick)
				}
			}}
			f, err := executor.Submit(ctx, p, twofold.Bind(21))
			accepted, failed = f != nil, err
			l.Stop()
		})
		require.NoError(t, err)
		require.NoError(t, l.RunForever())
		require.NoError(t, l.Close())
		require.NoError(t, failed, "the job was accepted")
		require.True(t, accepted)
		require.NoError(t, p.Shutdown(t.Context()))
		require.EqualValues(t, 3, p.Stats().Completed)
	})
}
