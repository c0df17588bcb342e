package shared_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// What one goroutine does before it lets go of a lock happens before what the next one does
// that takes it, as with the locks of package sync: here for the race detector, which does not
// see what goes through shared memory.
func TestTheRaceDetectorSeesTheOrder(t *testing.T) {
	ctx := context.Background()
	mutex, err := shared.NewMutex()
	require.NoError(t, err)
	defer mutex.Close()
	rlock, err := shared.NewRLock()
	require.NoError(t, err)
	defer rlock.Close()
	sem, err := shared.NewSemaphore(1)
	require.NoError(t, err)
	defer sem.Close()
	bounded, err := shared.NewBoundedSemaphore(1)
	require.NoError(t, err)
	defer bounded.Close()
	value, err := shared.NewValue(0)
	require.NoError(t, err)
	defer value.Close()

	for name, in := range map[string]func(fn func()){
		"Mutex": func(fn func()) {
			require.NoError(t, mutex.Lock(ctx))
			fn()
			require.NoError(t, mutex.Unlock())
		},
		"RLock": func(fn func()) {
			require.NoError(t, rlock.Lock(ctx))
			fn()
			require.NoError(t, rlock.Unlock())
		},
		"Semaphore": func(fn func()) {
			require.NoError(t, sem.Acquire(ctx))
			fn()
			require.NoError(t, sem.Release())
		},
		"BoundedSemaphore": func(fn func()) {
			require.NoError(t, bounded.Acquire(ctx))
			fn()
			require.NoError(t, bounded.Release())
		},
		"Value": func(fn func()) {
			_, err := value.Update(func(v int) int {
				fn()
				return v + 1
			})
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for range 2000 {
						in(func() { n++ })
					}
				})
			}
			wg.Wait()
			require.Equal(t, 8000, n)
		})
	}
}

func TestTheRaceDetectorSeesWhatWokeAWaiter(t *testing.T) {
	ctx := context.Background()
	event, err := shared.NewEvent()
	require.NoError(t, err)
	defer event.Close()
	queue, err := shared.NewQueue[int](1)
	require.NoError(t, err)
	defer queue.Close()
	work, err := shared.NewQueueWith[int](shared.QueueConfig{Joinable: true})
	require.NoError(t, err)
	defer work.Close()
	require.NoError(t, work.Put(ctx, 1))
	_, err = work.Get(ctx)
	require.NoError(t, err)
	count, err := shared.NewValue(0)
	require.NoError(t, err)
	defer count.Close()
	value, err := shared.NewValue(0)
	require.NoError(t, err)
	defer value.Close()
	wide, err := shared.NewValue([3]int{})
	require.NoError(t, err)
	defer wide.Close()
	barrier, err := shared.NewBarrier(2)
	require.NoError(t, err)
	defer barrier.Close()
	here, there, err := shared.Pipe[int]()
	require.NoError(t, err)
	defer here.Close()
	defer there.Close()
	condition := newCondition(t, nil)
	mutex := condition.Mutex()

	told := false
	for name, c := range map[string]struct {
		tell func(set func()) error
		hear func() error
	}{
		"Event": {
			func(set func()) error { set(); event.Set(); return nil },
			func() error { return event.Wait(ctx) },
		},
		"Queue": {
			func(set func()) error { set(); return queue.Put(ctx, 1) },
			func() error { _, err := queue.Get(ctx); return err },
		},
		"Queue.Join": {
			func(set func()) error { set(); return work.TaskDone() },
			func() error { return work.Join(ctx) },
		},
		"Pipe": {
			func(set func()) error { set(); return here.Send(ctx, 1) },
			func() error { _, err := there.Recv(ctx); return err },
		},
		"Value.Add": {
			func(set func()) error { set(); count.Add(1); return nil },
			func() error { return spin(func() bool { return count.Load() == 1 }) },
		},
		"Value.Store": {
			func(set func()) error { set(); value.Store(7); return nil },
			func() error { return spin(func() bool { return value.CompareAndSwap(7, 8) }) },
		},
		"a wide Value": {
			func(set func()) error { set(); wide.Store([3]int{7}); return nil },
			func() error { return spin(func() bool { return wide.Load() == [3]int{7} }) },
		},
		"Barrier": {
			func(set func()) error { set(); _, err := barrier.Wait(ctx); return err },
			func() error { _, err := barrier.Wait(ctx); return err },
		},
		"Condition": {
			func(set func()) error {
				if err := mutex.Lock(ctx); err != nil {
					return err
				}
				set()
				return errors.Join(condition.Notify(1), mutex.Unlock())
			},
			func() error {
				err := mutex.Lock(ctx)
				for err == nil && !told {
					err = condition.Wait(ctx)
				}
				return errors.Join(err, mutex.Unlock())
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			told = false
			done := make(chan error, 1)
			go func() { done <- c.tell(func() { told = true }) }()
			require.NoError(t, c.hear())
			require.True(t, told)
			require.NoError(t, <-done)
		})
	}
}

// spin waits for what only memory tells.
func spin(is func() bool) error {
	for !is() {
		runtime.Gosched()
	}
	return nil
}
