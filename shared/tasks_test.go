package shared_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// host stands for a task, or for a callback, on the goroutine that made it.
type host struct {
	whose.Host // for the methods that no wait calls

	id     int64
	task   bool
	parked atomic.Bool
	wake   chan uint64
	cancel chan error
	ticket uint64
	again  error
}

func (h *host) Owns() bool              { return whose.ID() == h.id }
func (h *host) Home() any               { return h }
func (h *host) CanPark() bool           { return h.task }
func (h *host) Prepare() uint64         { h.ticket++; return h.ticket }
func (h *host) Unpark(ticket uint64)    { h.wake <- ticket }
func (h *host) Recancel(cause error)    { h.again = cause }
func (h *host) CurrentHost() whose.Host { return h }

func (h *host) Park(_ context.Context, ticket uint64, on whose.Target) error {
	h.parked.Store(true)
	defer h.parked.Store(false)
	for {
		select {
		case got := <-h.wake:
			if got == ticket {
				return nil
			}
		case cause := <-h.cancel:
			on.CancelCause(cause)
		}
	}
}

// asHost runs fn on a goroutine that a loop owns.
func asHost(h *host, fn func()) *sync.WaitGroup {
	h.wake, h.cancel = make(chan uint64, 10), make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() {
		h.id = whose.ID()
		whose.Register(h.id, h)
		defer whose.Unregister(h.id)
		fn()
	})
	return &wg
}

// waits are all calls that may wait, on objects where they must.
func waits(t *testing.T) map[string]func(context.Context) error {
	m, s, b := newMutex(t), newSemaphore(t, 0), newBounded(t, 1)
	lock(t, m)
	t.Cleanup(func() { require.NoError(t, m.Unlock()) })
	require.True(t, try(t, b))
	t.Cleanup(func() { require.NoError(t, b.Release()) })
	e, barrier := newEvent(t), newBarrier(t, 2)
	cond := newCondition(t, nil)
	empty, full := newQueue[int](t, shared.QueueConfig{}), newQueue[int](t, shared.QueueConfig{Items: 1, Joinable: true})
	require.NoError(t, full.TryPut(1))
	ours, _ := newPipe[[]byte](t)
	require.NoError(t, ours.Send(t.Context(), make([]byte, 1<<20-4)))
	return map[string]func(context.Context) error{
		"Conn.Recv":                func(ctx context.Context) error { _, err := ours.Recv(ctx); return err },
		"Conn.Send":                func(ctx context.Context) error { return ours.Send(ctx, []byte("x")) },
		"Mutex.Lock":               m.Lock,
		"Semaphore.Acquire":        s.Acquire,
		"BoundedSemaphore.Acquire": b.Acquire,
		"Event.Wait":               e.Wait,
		"Barrier.Wait":             func(ctx context.Context) error { _, err := barrier.Wait(ctx); return err },
		"Condition.Wait": func(ctx context.Context) error {
			if err := cond.Mutex().Lock(ctx); err != nil {
				return err
			}
			defer func() { _ = cond.Mutex().Unlock() }()
			return cond.Wait(ctx)
		},
		"Queue.Get":  func(ctx context.Context) error { _, err := empty.Get(ctx); return err },
		"Queue.Put":  func(ctx context.Context) error { return full.Put(ctx, 2) },
		"Queue.Join": full.Join,
	}
}

func TestWaitsInATaskSuspendIt(t *testing.T) {
	for name, call := range waits(t) {
		t.Run(name, func(t *testing.T) {
			h := &host{task: true}
			var got error
			wg := asHost(h, func() { got = call(context.Background()) })
			require.Eventually(t, h.parked.Load, 5*time.Second, time.Millisecond)
			h.cancel <- context.Canceled
			wg.Wait()
			require.ErrorIs(t, got, context.Canceled)
			require.NoError(t, h.again)
		})
	}
}

func TestWaitsInACallbackFailAtOnce(t *testing.T) {
	for name, call := range waits(t) {
		t.Run(name, func(t *testing.T) {
			var got error
			asHost(&host{}, func() { got = call(context.Background()) }).Wait()
			require.ErrorIs(t, got, whose.ErrWouldBlock)
		})
	}
	t.Run("and leave the condition's lock as it was", func(t *testing.T) {
		cond := newCondition(t, nil)
		lock(t, cond.Mutex())
		asHost(&host{}, func() { _ = cond.Wait(context.Background()) }).Wait()
		require.NoError(t, cond.Mutex().Unlock())
	})
}

func TestACanceledConditionHasItsLockAgain(t *testing.T) {
	cond := newCondition(t, nil)
	h := &host{task: true}
	var got, unlocked error
	lock(t, cond.Mutex())
	wg := asHost(h, func() {
		got = cond.Wait(context.Background())
		unlocked = cond.Mutex().Unlock()
	})
	sleeping(t, cond)
	lock(t, cond.Mutex())
	h.cancel <- context.Canceled // ends the wait
	require.Eventually(t, func() bool { return shared.HasSleeper(cond.Mutex()) }, 5*time.Second, time.Millisecond)
	h.cancel <- context.Canceled // must not end the way back to the lock
	require.Eventually(t, func() bool { return len(h.cancel) == 0 }, 5*time.Second, time.Millisecond)
	require.NoError(t, cond.Mutex().Unlock())
	wg.Wait()
	require.ErrorIs(t, got, context.Canceled)
	require.NoError(t, unlocked)
}

func TestATaskGetsWhatIsFreeWithoutSuspending(t *testing.T) {
	m, s := newMutex(t), newSemaphore(t, 1)
	h := &host{}
	var errs [3]error
	asHost(h, func() {
		errs[0] = m.Lock(context.Background())
		errs[1] = m.Unlock()
		errs[2] = s.Acquire(context.Background())
	}).Wait()
	require.Equal(t, [3]error{}, errs)
}
